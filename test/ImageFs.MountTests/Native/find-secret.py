# find-secret.py PID SECRET
# Looks for a secret in the memory of a process (proc(5): /proc/PID/maps and mem), and in what others can see of it. Prints where it is; nothing
# when it is nowhere.
import sys

process, secret = sys.argv[1], sys.argv[2].encode()
forms = {"UTF-8": secret, "UTF-16": secret.decode().encode("utf-16-le")}
searched = 0
with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
    for line in maps:
        place, access = line.split()[:2]
        start, end = (int(part, 16) for part in place.split("-"))
        if "r" not in access or line.rstrip().endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
            continue
        try:
            memory.seek(start)
            rest = b""
            while start < end:
                part = memory.read(min(16 << 20, end - start))
                if not part:
                    break
                searched += len(part)
                start += len(part)
                for form, bytes_ in forms.items():
                    if bytes_ in rest + part:
                        print(f"{form} in {line.rstrip()}")
                rest = part[-64:]
        except OSError:
            pass

for name in ("cmdline", "environ", "mountinfo"):
    with open(f"/proc/{process}/{name}", "rb") as file:
        if secret in file.read():
            print(f"in {name}")
print(f"searched {searched}")
