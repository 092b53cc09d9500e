# The part of a converge that deals with apt and dpkg; `fail`, `stale` and `LOCK_SECONDS` come from converge.sh.

quiet_install() {
  DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none "$@" 9>&-
}

apt() {
  quiet_install apt-get -y -o "DPkg::Lock::Timeout=$LOCK_SECONDS" -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --no-install-recommends "$@"
}

# repair_packages: a dpkg that was killed half way is finished first.
repair_packages() {
  quiet_install dpkg --configure -a || fail E_PACKAGES "dpkg --configure -a failed"
  apt -f install || fail E_PACKAGES "apt-get -f install failed"
}

# refresh_lists: a guest that never had package lists gets them, which is no change that anybody could miss.
refresh_lists() {
  apt-get -qq update 9>&- || fail E_PACKAGES "apt-get update failed"
}

# expect_packages LINES NAME..: apt would still do exactly what was shown.
expect_packages() {
  expected=$1
  shift
  would=$(apt-get -s -y --no-install-recommends install "$@" 2>/dev/null 9>&- |
    sed -n -e 's/^Inst \([^ ]*\) [^(]*(\([^ ]*\) .*/\1=\2/p' -e 's/^Remv \([^ ]*\).*/-\1/p' | sort)
  [ "$would" = "$expected" ] || stale "apt would install other packages than the plan shows; make a new plan"
}

preseed() {
  command -v debconf-set-selections >/dev/null 2>&1 || return 0
  printf '%s\n' "$@" | debconf-set-selections 9>&- || fail E_PACKAGES "debconf-set-selections refused its answers"
}

install_packages() {
  apt install "$@" && return 0
  # Lists older than the mirror name files that are gone: refresh them, and let a new plan show the new versions.
  if apt-get -qq update 9>&-; then
    apt install "$@" && return 0
  fi
  fail E_PACKAGES "apt-get install failed"
}

# purge_packages NAME..: ours only; when something else has come to need them, nothing is purged.
purge_packages() {
  present=
  for package in "$@"; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
      '' | not-installed) ;;
      *) present="$present $package" ;;
    esac
  done
  [ -n "$present" ] || return 0
  # shellcheck disable=SC2086
  others=$(apt-get -s -y purge $present 9>&- | sed -n 's/^\(Remv\|Purg\) \([^ ]*\).*/\2/p' |
    while read -r package; do
      case " $present " in *" $package "*) ;; *) printf '%s ' "$package" ;; esac
    done)
  [ -z "$others" ] || fail E_PACKAGES "purging would also remove: $others"
  # shellcheck disable=SC2086
  apt purge $present || fail E_PACKAGES "apt-get purge failed"
}
