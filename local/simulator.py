"""Mercado Pago's side, the page and the machines on it, played by the desk in a process of its own."""

from local import processes
from local.places import Places

NAME = "simulator"


def start(places: Places, access_token: str, site: str) -> str:
    """Start it for the account of this token and return its URL once it answers.

    The machines' journals lie in the run's folder: they end with the stack whose orders they tell of.
    """
    port = processes.choose_port()
    command = [str(places.python), "-m", "desk", "--port", str(port), "--journal", str(places.run / "desk")]
    command += ["--access-token", access_token, "--site", site, "--host-enabled", processes.HOST]
    url = f"http://{processes.HOST}:{port}"
    processes.start(places, NAME, command, places.environment())
    processes.wait_until_ready(places, NAME, url)
    return url
