#!/bin/sh
# Browser tests drive Debian's Chromium. Root gets it installed; others are told how, and those tests are skipped.
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Đang cài Chromium cho kiểm thử trình duyệt…"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "Không có Chromium: bỏ qua kiểm thử trình duyệt. Cài bằng: sudo apt-get install chromium fonts-dejavu-core"
