# Of all attempts at a guest only the newest may change it. Each has a fencing token, a number that is larger the later it was
# begun, and leaves it here, under the lock and before its first change. Whoever comes with a smaller one was overtaken
# without knowing it. reboot.sh takes these functions as well.
#
# A token is kept in two files, one line each: TOKEN RUN. The one in RUN_DIRECTORY is every attempt's, and gone with the boot.
# The one in STATE_DIRECTORY outlives boots; it is there only beside a record of ours, so that whatever takes the record away
# (a rollback, an attempt that was refused before its first change) leaves nothing. A guest that has neither may have forgotten
# with its last boot: there only plans for this boot are carried out.
fence_line=

# fence TOKEN RUN BOOT_ID: the attempt's own, and the boot that its plan is for. The same token comes twice when a plan is
# followed by another one of the same attempt.
fence() {
  fence_valid "$1" "$2" '' || fail E_CONVERGE "this is no fencing token: $1 $2"
  fence_line="$1 $2"
  fence_known='' fence_by=''
  for fence_file in "$RUN_DIRECTORY/fence" "$STATE_DIRECTORY/fence"; do
    token='' run='' more=''
    # Only a whole line counts: what a damaged file still shows may be a part of a number.
    { read -r token run more <"$fence_file"; } 2>/dev/null || continue
    fence_valid "$token" "$run" "$more" || continue
    if [ -z "$fence_known" ] || fence_larger "$token" "$fence_known"; then fence_known=$token fence_by=$run; fi
  done
  if [ -z "$fence_known" ]; then
    boot_id=''
    { read -r boot_id </proc/sys/kernel/random/boot_id; } 2>/dev/null
    [ "$boot_id" = "$3" ] || fail E_STALE_PLAN "the guest has restarted since it was looked at"
  elif fence_larger "$fence_known" "$1"; then
    fail E_FENCED "a newer attempt has begun on this guest: $fence_known of run $fence_by; this one is $1 of run $2"
  fi
  [ -d "$RUN_DIRECTORY" ] || mkdir -m 700 "$RUN_DIRECTORY" || fail_write "$RUN_DIRECTORY/fence"
  fence_write "$RUN_DIRECTORY/fence"
  if [ -e "$STATE_DIRECTORY/state.json" ] || [ -e "$STATE_DIRECTORY/pending.json" ]; then keep_fence; fi
}

# keep_fence: beside the record, where there is a token at all.
keep_fence() {
  [ -z "$fence_line" ] || fence_write "$STATE_DIRECTORY/fence"
}

fence_write() {
  if printf '%s\n' "$fence_line" >"$1$STAGED_SUFFIX" && chmod 600 "$1$STAGED_SUFFIX" && sync "$1$STAGED_SUFFIX" &&
    mv -f "$1$STAGED_SUFFIX" "$1" && sync "${1%/*}"; then
    return 0
  fi
  fail_write "$1"
}

# fence_valid TOKEN RUN MORE: up to 19 digits, no zero before them, and one word; MORE has to be empty.
fence_valid() {
  case $1 in '' | 0* | *[!0-9]* | ????????????????????*) return 1 ;; esac
  case $2 in '' | *[!A-Za-z0-9._-]*) return 1 ;; esac
  [ -z "$3" ]
}

# fence_larger A B: in halves of at most 11 digits, since 19 may be more than a shell's arithmetic takes. The digit 1 goes
# before each half: it keeps an empty one a number, and a zero at its front where it is.
fence_larger() {
  [ "${#1}" -le "${#2}" ] || return 0
  [ "${#1}" -eq "${#2}" ] || return 1
  high=${1%?????????} other=${2%?????????}
  [ "1$high" -le "1$other" ] || return 0
  [ "1$high" -eq "1$other" ] || return 1
  [ "1${1#"$high"}" -gt "1${2#"$other"}" ]
}
