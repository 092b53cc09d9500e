#!/bin/sh
# Installs packages in a root that nothing runs in: root-packages.sh ROOT PACKAGE.. In a mount namespace of its own.
set -eu
root=$1
shift
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
cp "$root/etc/resolv.conf" "$root/etc/resolv.conf.before" 2>/dev/null || :
cp --remove-destination -L /etc/resolv.conf "$root/etc/resolv.conf"
# No service is started in a root.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -y -q --no-install-recommends install "$@"
rm "$root/usr/sbin/policy-rc.d" "$root/etc/resolv.conf"
if [ -e "$root/etc/resolv.conf.before" ]; then mv "$root/etc/resolv.conf.before" "$root/etc/resolv.conf"; fi
rm -f "$root"/var/cache/apt/archives/*.deb
