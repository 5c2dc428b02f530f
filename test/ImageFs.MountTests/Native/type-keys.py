# type-keys.py ANSWERS COMMAND...
# Runs a command on a terminal of its own. Whenever it asks (its output ends with ": "), the next of the answers is typed, which are separated by
# "|"; "^C" among them is that key. Prints what the terminal showed, and the exit status on the last line.
import os, pty, select, sys

answers = sys.argv[1].split("|")
process, terminal = pty.fork()
if process == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

shown = b""
asked = 0
while True:
    ready, _, _ = select.select([terminal], [], [], 30)
    if not ready:
        print("nothing more within 30 seconds")
        os.kill(process, 9)
        break
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if shown[asked:].endswith(b": ") and answers:
        asked = len(shown)
        answer = answers.pop(0)
        os.write(terminal, b"\x03" if answer == "^C" else answer.encode() + b"\n")

status = os.waitpid(process, 0)[1]
sys.stdout.write(shown.decode().replace("\r\n", "\n"))
print(f"\nstatus {os.waitstatus_to_exitcode(status)}")
