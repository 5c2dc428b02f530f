#!/usr/bin/env bash
# root.sh PROGRAM FOLDER: the root folder of a container that has the program, and the libraries of this machine that it is linked with or
# loads where an image needs them. It is not linked statically: glibc loads no library into a static program.
set -euo pipefail
program=$1 root=$2
loaded=(libargon2.so.1 libbz2.so.1.0 libcrypto.so.3 libdeflate.so.0 libgcc_s.so.1 liblz4.so.1 liblzma.so.5 libssl.so.3 libz.so.1 libzstd.so.1)

# PATH of each library that a file needs, by the loader itself.
needs() {
  ldd "$1" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (0x.*/\1/p'
}

rm -rf "$root"
install -D -m 755 "$program" "$root/usr/bin/imagefs"
install -d -m 755 "$root/etc" "$root/proc" "$root/dev" "$root/w"
install -d -m 1777 "$root/tmp"

# Folders of libraries are one, as everywhere by now: the loader looks in all of their names.
install -d -m 755 "$root/usr/lib"
for folder in lib lib64; do
  ln -s usr/lib "$root/$folder"
done
ln -s lib "$root/usr/lib64"

libraries=()
for name in "${loaded[@]}"; do
  path=$(ldconfig -p | awk -v name="$name" '$1 == name { print $NF; exit }')
  if [[ -n $path ]]; then
    libraries+=("$path")
  else
    echo "${0##*/}: no $name here: images that need it will not open" >&2
  fi
done
for file in "$program" "${libraries[@]}"; do
  needs "$file"
done | cat - <(printf '%s\n' "${libraries[@]}") | sort -u | while read -r path; do
  install -m 755 "$(realpath "$path")" "$root/usr/lib/${path##*/}"
done

# Certificates of servers (https://, nbds://), and who root is.
if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
  install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  install -d "$root/usr/lib/ssl"
  ln -s ../../../etc/ssl/certs "$root/usr/lib/ssl/certs"
  ln -s ../../../etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
fi
printf 'root:x:0:0:root:/:/usr/bin/imagefs\n' >"$root/etc/passwd"
