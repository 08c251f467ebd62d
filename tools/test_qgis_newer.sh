#!/usr/bin/env bash
# Runs the plugin's tests, or another command, with the QGIS of a newer Debian.
#
#     tools/test_qgis_newer.sh SUITE [COMMAND [ARGUMENT...]]
#
# SUITE is trixie (QGIS 3.40), trixie-backports (3.44) or sid (3.44 or newer). The first time, that
# Debian is put into build/newer/SUITE/root (about 4 GB, some minutes; trixie-backports is made from
# trixie where that is there). The command runs in it as root, with this folder
# visible, read-only, at /cloudmamba, and build/newer/SUITE/output, where it may write, at /output.
# Mounts are made in a namespace of their own, so they end with the command, however it ends.
# The engine is made there too, from Debian's own PyTorch for the CPU.
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)

packages=(
    # QGIS and what its tests need
    qgis python3-qgis python3-gdal python3-numpy python3-pytest python3-pytestqt python3-venv
    qttools5-dev-tools ca-certificates procps
    # the engine
    python3-torch python3-numba python3-rasterio python3-safetensors python3-tqdm
    python3-setuptools python3-wheel python3-pip
    # pictures of a window, and Qt 6 to look names up in
    xvfb xauth xdotool imagemagick fonts-dejavu-core python3-pyqt6
)

fail() {
    echo "tools/test_qgis_newer.sh: $1" >&2
    exit 2
}

check() {
    case "${1-}" in
        trixie | trixie-backports | sid) ;;
        *) fail "Say which Debian: trixie, trixie-backports or sid." ;;
    esac
    [ "$(uname -s)" = Linux ] || fail "This needs Linux."
    [ "$(id -u)" -eq 0 ] || fail "Only root can set up and enter another Debian: run it with sudo."
    command -v unshare >/dev/null || fail "unshare is missing: install the package util-linux."
    command -v debootstrap >/dev/null ||
        fail "debootstrap is missing: install the package of that name."
}

# Everything below 'mount' runs where nobody else sees the mounts, and ends with its last process.
in_namespace() {
    unshare --mount --pid --fork --kill-child --mount-proc "$0" --in-namespace "$@"
}

enter() {
    chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM="${TERM-dumb}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        DEBIAN_FRONTEND=noninteractive PYTHONDONTWRITEBYTECODE=1 QT_QPA_PLATFORM=offscreen \
        CLOUDMAMBA_ENGINE=/opt/engine/bin/python "$@"
}

mount_system() {
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
}

install_packages() {
    mount_system
    # Without services: a daemon started in here would be one of the machine that runs this.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    # Mirrors may be some days behind what a suite that changes daily promises; signatures count.
    local from=()
    if [[ $suite == *-backports ]]; then
        # From the same server as the suite itself.
        sed "s/ ${suite%-backports} / $suite /" "$root/etc/apt/sources.list" \
            >"$root/etc/apt/sources.list.d/backports.list"
        from=(--target-release "$suite")
    fi
    enter apt-get -o Acquire::Check-Valid-Until=false update
    enter apt-get install --yes --no-install-recommends "${from[@]}" "${packages[@]}"
    enter apt-get clean
}

run_command() {
    mount_system
    mkdir -p "$root/cloudmamba" "$root/output" "$folder/output"
    mount --bind "$repository" "$root/cloudmamba"
    mount -o remount,bind,ro "$root/cloudmamba"
    mount --bind "$folder/output" "$root/output"
    mount -t tmpfs tmpfs "$root/tmp"
    # The engine's folder is made anew each time: its source may have changed.
    mount -t tmpfs tmpfs "$root/opt"
    enter python3 /cloudmamba/tools/stage_plugin.py /opt >/dev/null
    enter python3 -m venv --system-site-packages /opt/engine
    enter /opt/engine/bin/python -m pip install --quiet --no-deps --no-build-isolation \
        /opt/cloudmamba_qgis/engine_source
    enter sh -c 'cd /cloudmamba && exec "$@"' sh "$@"
}

if [ "${1-}" = --in-namespace ]; then
    step=$2 suite=$3 folder=$4 root=$5
    shift 5
    "$step" "$@"
    exit
fi

check "$@"
suite=$1
shift
folder=$repository/build/newer/$suite
if [ ! -d "$folder/root" ]; then
    mkdir -p "$folder"
    rm -rf --one-file-system "$folder/root.part"
    echo "Installing Debian $suite with QGIS into $folder/root" >&2
    # --merged-usr is what newer Debians expect and older debootstraps do not do by themselves.
    if [ "$suite" = trixie-backports ] && [ -d "$repository/build/newer/trixie/root" ]; then
        cp --archive --one-file-system "$repository/build/newer/trixie/root" "$folder/root.part"
    else
        debootstrap --variant=minbase --merged-usr "${suite%-backports}" "$folder/root.part"
    fi
    mv "$folder/root.part" "$folder/root"
fi
# A root of before may lack what was added to the list since.
if [ "$(cat "$folder/packages" 2>/dev/null)" != "${packages[*]}" ]; then
    in_namespace install_packages "$suite" "$folder" "$folder/root"
    echo "${packages[*]}" >"$folder/packages"
fi
if [ $# -eq 0 ]; then
    set -- python3 -m pytest -p no:cacheprovider tests/qgis tests/end_to_end
fi
in_namespace run_command "$suite" "$folder" "$folder/root" "$@"
