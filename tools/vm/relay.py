# SPDX-License-Identifier: BSD-2-Clause
"""Passes TCP connections to 127.0.0.1:PORT on to a guest's own address."""

import asyncio
import contextlib
import threading

CHUNK = 65536


async def _pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def _serve(reader, writer, target):
    try:
        out_reader, out_writer = await asyncio.open_connection(*target)
    except OSError:
        writer.transport.abort()
        return
    await asyncio.gather(_pump(reader, out_writer), _pump(out_reader, writer))
    writer.close()
    out_writer.close()


def start(port, target):
    """Relay 127.0.0.1:port to `target` (host, port) in a daemon thread.

    Returns once it listens; OSError if it cannot."""
    loop = asyncio.new_event_loop()
    server = asyncio.start_server(lambda r, w: _serve(r, w, target), "127.0.0.1", port)
    loop.run_until_complete(server)
    threading.Thread(target=loop.run_forever, daemon=True).start()
