"""Runs a command on a terminal of its own for some seconds, then interrupts it; copies what it wrote."""
import os
import pty
import select
import signal
import sys
import time

pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
end, stopped = time.time() + float(sys.argv[1]), False
while True:
    if time.time() > end:
        if stopped:
            os.kill(pid, signal.SIGKILL)
            break
        os.kill(pid, signal.SIGINT)
        end, stopped = time.time() + 5, True
    ready, _, _ = select.select([master], [], [], 0.1)
    try:
        text = os.read(master, 65536) if ready else b"."
    except OSError:
        break
    if not text:
        break
    if ready:
        sys.stdout.buffer.write(text.replace(b"\r", b"\n"))
os.waitpid(pid, 0)
