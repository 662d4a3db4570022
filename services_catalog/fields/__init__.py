"""The kinds of e-form questions: what each is typed into, how it is checked, kept and shown."""

from services_catalog.fields.amounts import Area, Money, Number
from services_catalog.fields.choices import Choice, Choices, Declaration, Ethnicity, Nationality, Sex
from services_catalog.fields.dates import Date, PartialDate, Year
from services_catalog.fields.kind import FieldError, FieldErrors, Input, Kind
from services_catalog.fields.people import CitizenId, Email, FullName, Phone, TaxCode, show_phone
from services_catalog.fields.places import Address
from services_catalog.fields.registry import KINDS, clean_answer, input_names, inputs_of, read, show_answer, typed_of
from services_catalog.fields.rows import Rows
from services_catalog.fields.texts import CapitalName, LongText
from services_catalog.fields.things import BusinessLine, Computed, File, LandParcel, Plate

__all__ = [
    "KINDS", "Address", "Area", "BusinessLine", "CapitalName", "Choice", "Choices", "CitizenId", "Computed", "Date",
    "Declaration", "Email", "Ethnicity", "FieldError", "FieldErrors", "File", "FullName", "Input", "Kind",
    "LandParcel", "LongText", "Money", "Nationality", "Number", "PartialDate", "Phone", "Plate", "Rows", "Sex",
    "TaxCode", "Year", "clean_answer", "input_names", "inputs_of", "read", "show_answer", "show_phone", "typed_of",
]  # fmt: skip
