# shellcheck shell=bash
# Sourced by boot: base systems, a throw-away copy of one, and entering it. Uses: $source, $cache, $suite, $work.
# shellcheck disable=SC2154
root=
leader=
nspawn=

# base_system DIR SUITE: made once, and never changed after.
base_system() {
  if [ -d "$1" ]; then
    echo "   from $1"
    return
  fi
  echo "   debootstrap (a minute) ..."
  mkdir -p "$cache"
  rm -rf "$1.new"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,postgresql,ca-certificates,tzdata,procps \
    "$2" "$1.new" > "$cache/debootstrap.log" 2>&1
  mv "$1.new" "$1"
}

overlay() {  # overlay BASE NAME: prints where a changeable copy of it is
  mkdir -p "$work/$2"/{upper,work,root}
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$work/$2/upper,workdir=$work/$2/work" "$work/$2/root"
  echo "$work/$2/root"
}

# in_container ROOT COMMAND [NSPAWN OPTION...]: a command in a system that is not booted, with the network.
in_container() {
  mkdir -p "$cache/archives-$suite/partial"
  systemd-nspawn -q -D "$1" --register=no --keep-unit --pipe --as-pid2 --resolv-conf=replace-host \
    --bind="$cache/archives-$suite:/var/cache/apt/archives" --setenv=DEBIAN_FRONTEND=noninteractive \
    --setenv=http_proxy="${http_proxy:-}" --setenv=https_proxy="${https_proxy:-}" "${@:3}" \
    /bin/bash -c "$2" < /dev/null
}

machine_root() { root=$(overlay "$1" machine); }
in_root() { in_container "$root" "$1"; }

machine_up() {
  systemd-nspawn -q -D "$root" --private-network --register=no --keep-unit -M "nowd-boot-$$" --console=read-only -b \
    > "$work/console" 2>&1 < /dev/null &
  nspawn=$!
  eventually 20 machine_answers
}
machine_answers() {
  leader=$(pgrep -P "$nspawn" | head -n 1)
  [ -n "$leader" ] && in_machine test -S /run/systemd/private
}
in_machine() { nsenter -t "$leader" -a -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"; }

machine_down() {
  if [ -n "$nspawn" ] && kill -0 "$nspawn" 2> /dev/null; then
    kill "$nspawn" # nspawn makes an orderly power-off of it
    wait "$nspawn" || true
  fi
  local mounted
  for mounted in "$work"/*/root; do
    if mountpoint -q "$mounted"; then umount -R "$mounted"; fi
  done
}

# build_packages DIR: this version, and a newer one with the same content.
build_packages() {
  if [ -n "${NOWD_BOOT_DEB:-}" ]; then
    cp "$NOWD_BOOT_DEB" "$1/"
    newer "$NOWD_BOOT_DEB" "$1"
    return
  fi
  # shellcheck disable=SC1091
  if [ "$suite" = "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" ]; then
    [ -e "$source/build/release/build.ninja" ] || (cd "$source" && cmake --preset release > /dev/null)
    cmake --build "$source/build/release" --target nowd nowctl | tail -n 1
    (cd "$source/build/release" && cpack -G DEB -B "$1" > "$work/cpack" 2>&1) || (cat "$work/cpack" && false)
  else
    build_inside "$1"
  fi
  rm -rf "$1/_CPack_Packages"
  newer "$1"/nowd_*.deb "$1"
}

# newer DEB DIR: the same with a higher version, as an upgrade needs it.
newer() {
  dpkg-deb -R "$1" "$work/newer"
  sed -i 's/^Version: .*/&+boot/' "$work/newer/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$work/newer" "$2/$(basename "$1" | sed 's/_\([^_]*\)_/_\1+boot_/')" > /dev/null
  rm -rf "$work/newer"
}

# build_inside DIR: on another system libraries have other names, so the package is built there. Minutes.
build_inside() {
  echo "   building inside $suite (minutes the first time) ..."
  local builder="$cache/$suite-build"
  if [ ! -d "$builder" ]; then
    cp -a "$cache/$suite" "$builder.new"
    mv "$builder.new" "$builder"
  fi
  # shellcheck disable=SC2016  # expanded inside
  in_container "$builder" 'cd /src && . .ci/packages && install_missing "${build_packages[@]}" "${package_tools[@]}"' \
    --bind-ro="$source:/src" > "$work/builder" 2>&1 || (tail -n 30 "$work/builder" && false)
  mkdir -p "$cache/build-$suite" "$cache/ccache-$suite"
  in_container "$builder" 'cd /build && CCACHE_DIR=/ccache && export CCACHE_DIR &&
    cmake -G Ninja -S /src -B /build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DBUILD_TESTING=OFF \
      -DCMAKE_TOOLCHAIN_FILE=/src/cmake/compiler.cmake > /dev/null && nice ninja nowd nowctl && cpack -G DEB -B /debs' \
    --bind-ro="$source:/src" --bind="$cache/build-$suite:/build" --bind="$cache/ccache-$suite:/ccache" --bind="$1:/debs" \
    > "$work/build-inside" 2>&1 || (tail -n 30 "$work/build-inside" && false)
}
