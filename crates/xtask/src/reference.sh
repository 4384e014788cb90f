#!/usr/bin/env bash
# Sets up what tests and benchmarks compare with, from Debian's packages: CPython 3.14 with its regression tests
# and headers, and PyPy.
#
#   reference.sh DIR
#
# Leaves in DIR, without touching the system beyond installing debootstrap:
#   cpython/bin/python3.14   runs CPython on the host's own files; its sys.executable is this wrapper
#   cpython/lib/python3.14   its Lib, with the tests in test/
#   cpython/include          its headers
#   pypy/bin/pypy3           runs PyPy likewise
set -euo pipefail

dir=$(realpath -m "$1")
root=$dir/root
[ -e "$dir/ready" ] && exit 0

fail() { echo "cannot set up the reference: $*" >&2; exit 1; }
[ "$(uname -sm)" = "Linux x86_64" ] || fail "it is made for x86-64 Linux"
[ "$(id -u)" = 0 ] || fail "debootstrap needs root"
if ! command -v debootstrap >/dev/null; then
  command -v apt-get >/dev/null || fail "debootstrap is not installed, and there is no apt-get to install it with"
  apt-get update -qq && apt-get install -y -qq debootstrap >/dev/null || fail "debootstrap could not be installed (no network?)"
fi

rm -rf "$dir"
mkdir -p "$dir/cpython/bin" "$dir/cpython/lib" "$dir/pypy/bin"
debootstrap --variant=minbase --no-check-gpg \
  --include=python3.14,python3.14-dev,libpython3.14-testsuite,pypy3 sid "$root" >"$dir/setup.log" 2>&1 \
  || fail "debootstrap failed (no network?); its last words: $(tail -n 1 "$dir/setup.log"); all of them in $dir/setup.log"

wrapper() { # PATH-OF-WRAPPER PROGRAM ARGV0
  cat >"$1" <<WRAP
#!/usr/bin/env bash
# Runs $2 of the reference tree with that tree's C library, on the host's file system.
root=$root
exec "\$root/lib64/ld-linux-x86-64.so.2" --library-path "\$root/lib/x86_64-linux-gnu:\$root/usr/lib/x86_64-linux-gnu" \\
  --argv0 "$3" "\$root$2" "\$@"
WRAP
  chmod +x "$1"
}
wrapper "$dir/cpython/bin/python3.14" /usr/bin/python3.14 "$dir/cpython/bin/python3.14"
wrapper "$dir/pypy/bin/pypy3" /usr/bin/pypy3 "$root/usr/bin/pypy3"
ln -sfn "$root/usr/lib/python3.14" "$dir/cpython/lib/python3.14"
ln -sfn "$root/usr/include/python3.14" "$dir/cpython/include"
touch "$dir/ready"
