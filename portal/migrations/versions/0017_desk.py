"""The desk: ticks on papers, notes among staff, who has looked at what, reasons in ready words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
REASONS = {
    "paper": (
        "Ảnh mờ hoặc mất góc, không đọc được. Hãy chụp hoặc quét lại.",
        "Thiếu trang. Hãy gửi đủ các trang.",
        "Giấy tờ đã hết hạn. Hãy gửi bản còn hạn.",
        "Giấy tờ không đúng loại được yêu cầu.",
        "Thông tin trên giấy tờ không khớp với tờ khai.",
        "Cần bản có chứng thực hoặc bản ký số.",
        "Chưa có chữ ký hoặc con dấu.",
    ),
    "decline": (
        "Nơi nộp không có thẩm quyền giải quyết thủ tục này.",
        "Hồ sơ trùng với hồ sơ đã nộp trước đó.",
        "Quá thời hạn bổ sung mà hồ sơ chưa được bổ sung.",
    ),
    "send_back": (
        "Nội dung dự thảo chưa khớp với hồ sơ.",
        "Thiếu căn cứ pháp lý.",
        "Cần kiểm tra lại giấy tờ kèm theo.",
    ),
    "reschedule": (
        "Phải xác minh thêm với cơ quan khác.",
        "Cơ quan phối hợp chưa trả lời đúng hạn.",
    ),
}


def upgrade() -> None:
    op.add_column("cases", sa.Column("answers_before", JSONB))
    op.create_table(
        "paper_checks",
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("slot", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text),
        sa.Column("sheets", sa.BigInteger),
        sa.Column("verdict", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("checked_by", sa.BigInteger, sa.ForeignKey("accounts.id")),
        sa.Column("checked_at", INSTANT, nullable=False),
    )
    op.create_table(
        "staff_notes",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("author_id", sa.BigInteger, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("mentioned", ARRAY(sa.BigInteger), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_staff_notes_case", "staff_notes", ["case_id", "id"])
    op.create_table(
        "case_looks",
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
    )
    op.create_index("ix_case_looks_last", "case_looks", ["case_id", "last_at"])
    reasons = op.create_table(
        "reasons",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("agency_key", sa.Text, sa.ForeignKey("agencies.key"), index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("is_active", sa.Boolean, server_default="true", nullable=False),
    )
    op.bulk_insert(reasons, [{"kind": kind, "text": text} for kind, texts in REASONS.items() for text in texts])


def downgrade() -> None:
    for table in ("reasons", "case_looks", "staff_notes", "paper_checks"):
        op.drop_table(table)
    op.drop_column("cases", "answers_before")
