#!/bin/sh
# Looks for tasks that stay blocked, and for memory that everybody waits for, and has evidence collected while it lasts: a
# hang that recovers leaves none by itself. Started by provision-watch.service; settings in /etc/provision/watch.conf.
set -u
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
cd /

BLOCKED=30 MEMORY_FULL=20 IO_FULL=0 EVERY=5
# shellcheck disable=SC1091
[ -r /etc/provision/watch.conf ] && . /etc/provision/watch.conf
[ -r /proc/pressure/memory ] || echo "this kernel tells no pressure (PSI): only tasks are looked at"
/usr/local/lib/provision/evidence begin

exec awk -v blocked="$BLOCKED" -v memory_full="$MEMORY_FULL" -v io_full="$IO_FULL" -v slowest="$EVERY" \
  -f /usr/local/lib/provision/watch.awk
