#!/usr/bin/env bash
# build.sh VERSION FOLDER: a Debian package of what `make install` installs, in the folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$1 folder=$2
architecture=$(dpkg --print-architecture)
root=$folder/deb/imagefs
package=$folder/imagefs_${version}_$architecture.deb
for file in packaging/debian/changelog packaging/desktop/*.metainfo.xml; do
  grep -qF -e "($version)" -e "version=\"$version\"" "$file" || { echo "$file does not name version $version" >&2; exit 1; }
done
umask 022
export LC_ALL=C.UTF-8

rm -rf "$folder/deb"
make --no-print-directory install DESTDIR="$PWD/$root" PREFIX=/usr
find "$root/usr/share/man" -type f -exec gzip -9n {} +

doc=$root/usr/share/doc/imagefs
install -D -m 644 packaging/debian/copyright "$doc/copyright"
install -m 644 README.md docs/security.md docs/formats.md docs/json.md "$doc"
gzip -9nc packaging/debian/changelog >"$doc/changelog.gz"
install -D -m 644 packaging/debian/overrides "$root/usr/share/lintian/overrides/imagefs"

# Which libraries it needs is what dpkg-shlibdeps says; it wants a source package's folder around it.
mkdir -p "$folder/deb/debian"
printf 'Source: imagefs\n\nPackage: imagefs\nArchitecture: any\n' >"$folder/deb/debian/control"
depends=$(cd "$folder/deb" && dpkg-shlibdeps -O imagefs/usr/bin/imagefs 2>/dev/null | sed -n 's/^shlibs:Depends=//p')

mkdir -p "$root/DEBIAN"
sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@DEPENDS@/${depends:-libc6}/" \
  -e "s/@SIZE@/$(du -sk --exclude=DEBIAN "$root" | cut -f 1)/" packaging/debian/control >"$root/DEBIAN/control"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group -Zxz --build "$root" "$package"
