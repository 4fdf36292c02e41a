"""Mercado Pago's side, played by the simulator in a process of its own."""

from local import processes
from local.places import Places

NAME = "simulator"


def start(places: Places, access_token: str, site: str) -> str:
    """Start it for the account of this token and return its URL once it answers."""
    port = processes.choose_port()
    command = [str(places.python), "-m", "simulator", "--port", str(port)]
    command += ["--access-token", access_token, "--site", site, "--host-enabled", processes.HOST]
    url = f"http://{processes.HOST}:{port}"
    processes.start(places, NAME, command, places.environment())
    processes.wait_until_ready(places, NAME, url)
    return url
