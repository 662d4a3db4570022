#!/bin/sh
# Tests drive Debian's Chromium, sign with SoftHSM2, and have poppler look at the signatures. Root gets them installed;
# others are told how, and those tests are skipped.
WANTED=""
command -v chromium >/dev/null 2>&1 || WANTED="chromium fonts-dejavu-core"
command -v softhsm2-util >/dev/null 2>&1 || WANTED="$WANTED softhsm2"
command -v pdfsig >/dev/null 2>&1 || WANTED="$WANTED poppler-utils"
[ -z "$WANTED" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Đang cài công cụ kiểm thử:$WANTED…"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $WANTED >/dev/null && exit 0
fi
echo "Thiếu công cụ: bỏ qua một số kiểm thử. Cài bằng: sudo apt-get install$WANTED"
