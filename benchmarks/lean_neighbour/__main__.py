"""`python -m benchmarks.lean_neighbour --port PORT`: start it."""

import argparse
import asyncio
from functools import partial

import uvloop

from benchmarks.lean_neighbour.catalogue import read_catalogue
from benchmarks.lean_neighbour.connection import Connection
from benchmarks.lean_neighbour.world import World
from utskick.files import REGION
from utskick.running.ports import HOST


async def serve(world: World, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Connection, world, loop), HOST, port)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--capacity", type=int, help="forms at once; whoever asks for more is turned away"
    )
    options = parser.parse_args()
    world = World(read_catalogue(REGION))
    world.services["forms"].capacity = options.capacity
    uvloop.run(serve(world, options.port))


if __name__ == "__main__":
    main()
