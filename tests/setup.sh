# What a fresh machine lacks, for `sh tests/run` and `sh data/demo`, which source this from the top of the checkout.
# Makes .venv with what uv.lock names. Works with or without a virtual environment being active, and leaves that alone.

say() { printf '%s\n' "setup: $*" >&2; }
fail() { say "$*"; exit 1; }

as_root=""
may_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" -eq 0 ] && return 0
    sudo -n true >/dev/null 2>&1 && as_root="sudo -n"
}

# Installs Debian packages and sees to it that none of them starts or stays enabled as a service.
apt_install() {
    may_install || return 1
    say "installing $*"
    policy=/usr/sbin/policy-rc.d
    made_policy=""
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null && $as_root chmod 755 "$policy" && made_policy=1
    fi
    printf 'postfix postfix/main_mailer_type select No configuration\n' | $as_root debconf-set-selections 2>/dev/null || true
    installed=0
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2 || {
        $as_root apt-get update -q >&2 &&
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
    } || installed=1
    [ -n "$made_policy" ] && $as_root rm -f "$policy"
    if command -v systemctl >/dev/null 2>&1; then
        for package in "$@"; do
            case $package in
                postfix) $as_root systemctl disable --quiet postfix.service 2>/dev/null || true ;;
                dovecot-*) $as_root systemctl disable --quiet dovecot.service 2>/dev/null || true ;;
                nginx-light) $as_root systemctl disable --quiet nginx.service 2>/dev/null || true ;;
            esac
        done
    fi
    return "$installed"
}

# Prints a Python of 3.11 or later that does not live in a virtual environment.
find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        "$name" -c '
import os, sys
base = getattr(sys, "_base_executable", sys.executable)
print(base if os.access(base, os.X_OK) else sys.executable)
sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return 0
    done
    return 1
}

make_environment() {
    [ -x .venv/bin/python ] && .venv/bin/python -c 'import pip' 2>/dev/null && return 0
    python=$(find_python) || {
        apt_install python3 python3-venv && python=$(find_python)
    } || fail "there is no Python 3.11 or later; install one and run this again"
    rm -rf .venv
    "$python" -m venv .venv >/dev/null 2>&1 && return 0
    rm -rf .venv
    say "$python cannot make virtual environments"
    if apt_install python3-venv; then "$python" -m venv .venv && return 0; fi
    fail "install python3-venv (or a Python with ensurepip) and run this again"
}

# $1: nothing, or --no-dev for what the program itself needs.
install_python_packages() {
    make_environment
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet uv || fail "pip could not install uv; is there a network?"
    # With uv's own certificates, else with those of the machine: behind a company's proxy only these will do.
    uv_sync "$@" || UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 uv_sync "$@" || fail "uv could not install what uv.lock names; see above"
}

# --inexact: uv itself and pip live in the same environment and are not in the lock.
uv_sync() {
    UV_PROJECT_ENVIRONMENT="$PWD/.venv" UV_PYTHON_DOWNLOADS=never \
        .venv/bin/uv sync --quiet --locked --inexact --python .venv/bin/python "$@"
}

# The programs that the tests use, and the Debian packages that have them.
install_test_programs() {
    missing=""
    for pair in chromium:chromium smtp-sink:postfix smtp-source:postfix nginx:nginx-light pdftotext:poppler-utils \
        systemd-analyze:systemd fc-list:fontconfig; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
    done
    # Debian keeps them apart from the server, where no PATH leads.
    for pair in imap:dovecot-imapd lmtp:dovecot-lmtpd; do
        [ -x "/usr/lib/dovecot/${pair%%:*}" ] || missing="$missing ${pair#*:}"
    done
    if ! fc-list :lang=ja 2>/dev/null | grep -q .; then missing="$missing fonts-noto-cjk"; fi
    if ! fc-list 2>/dev/null | grep -q BIZUDPGothic; then missing="$missing fonts-morisawa-bizud-gothic"; fi
    [ -z "$missing" ] && return 0
    # shellcheck disable=SC2086  # names of packages, to be split
    set -- $(printf '%s\n' $missing | sort -u)
    apt_install "$@" && return 0
    say "left out, since this user may not use apt-get here or it failed: $*"
    say "tests that need them are skipped and say so; install them to run all"
}
