"""ntfs-attributes.py DIRECTORY: what ntfs-3g's attributes of NTFS itself say of every file, by path."""
import os
import sys

NAMES = [f"system.ntfs_{name}" for name in (
    "acl attrib attrib_be crtime crtime_be times times_be dos_name object_id reparse_data ea".split())]

os.chdir(sys.argv[1])
for folder, folders, files in os.walk("."):
    folders.sort()
    for name in sorted(folders + files):
        path = os.path.join(folder, name)
        for attribute in NAMES:
            try:
                print(path, attribute, os.getxattr(path, attribute, follow_symlinks=False).hex())
            except OSError:
                pass
