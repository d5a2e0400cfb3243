"""An SMTP server that keeps each mail as a file instead of sending it.

It refuses as real servers do, so that failures can be seen and tested: a recipient
`bounce@…` gets 550 (no such mailbox, for good), `later@…` gets 451 (try again later).
"""

import argparse
import asyncio
import secrets
import socket
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from smartsvar.demo.children import Child, listen, spawn

REFUSALS = {
    "bounce": "550 5.1.1 No such mailbox",
    "later": "451 4.2.0 Mailbox busy, try again later",
}


class Sink:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = REFUSALS.get(address.partition("@")[0])
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        recipients = "".join(f"X-RcptTo: {address}\r\n" for address in envelope.rcpt_tos)
        self.keep(recipients.encode() + raw)
        return "250 Message kept"

    def keep(self, raw: bytes) -> None:
        """Write one mail; names sort by arrival, and a reader never sees half a file."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        unfinished = self.folder / f".{name}"
        unfinished.write_bytes(raw)
        unfinished.rename(self.folder / f"{name}.eml")


def start_sink(folder: Path, *, logs: Path, cwd: Path | None = None) -> tuple[Child, str]:
    """Start the server as a child; returns it and its `smtp://` URL. It accepts at once."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with listen() as sock:
        fd, port = sock.fileno(), sock.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "smartsvar.demo.sink",
            "--fd",
            str(fd),
            "--dir",
            str(folder),
        ]
        child = spawn("smtp", command, logs=logs, pass_fds=[fd], cwd=cwd)
    return child, f"smtp://127.0.0.1:{port}"


async def serve(sock: socket.socket, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    sink = Sink(folder)
    server = await loop.create_server(
        lambda: SMTP(sink, enable_SMTPUTF8=True, hostname="localhost"), sock=sock
    )
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="keep each mail as a file")
    parser.add_argument("--fd", type=int, required=True, help="a listening socket, inherited")
    parser.add_argument("--dir", type=Path, required=True)
    options = parser.parse_args()
    asyncio.run(serve(socket.socket(fileno=options.fd), options.dir))


if __name__ == "__main__":
    main()
