"""A mail relay that answers by a script."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

HANG_UP = ""
SAYS = {
    "GREETING": "220 relay",
    "EHLO": "250 relay",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "354 Go on",
    ".": "250 Taken",
    "QUIT": "221 Bye",
}


@dataclass
class ScriptedRelay:
    """`says` has a reply for each verb, for a whole command, or for the message itself (".")."""

    says: Mapping[str, str]
    port: int = 0
    heard: list[str] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)

    def talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rw", encoding="utf-8", newline="\r\n") as lines:
            verb, command = "GREETING", "GREETING"
            while reply := self.says.get(command, self.says.get(verb, HANG_UP)):
                lines.write(f"{reply}\r\n")
                lines.flush()
                if verb == "QUIT":
                    return
                receiving = verb == "DATA" and reply.startswith("354")
                command = self._message(lines) if receiving else lines.readline().strip()
                verb = command.partition(" ")[0].upper()
                self.heard.append(command)

    def _message(self, lines: Iterator[str]) -> str:
        while (line := next(lines)) != ".\r\n":
            name, _, value = line.partition(":")
            if name == "Message-ID":
                self.message_ids.append(value.strip())
        return "."


@contextmanager
def relay(**says: str) -> Iterator[ScriptedRelay]:
    """A relay for one connection; `says` replaces what it usually answers to a verb."""
    scripted = ScriptedRelay(SAYS | says)
    with socket.create_server(("127.0.0.1", 0)) as server:
        scripted.port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            scripted.talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield scripted
        thread.join(timeout=60)
