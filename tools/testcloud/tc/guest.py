"""Build the guest image that stands for a VNF."""
import pathlib

from tc import proc, settings

BUILD = settings.TOOL / 'guest' / 'build.sh'


def build(out: pathlib.Path) -> None:
    """Build the image; an interrupted build leaves no half image."""
    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_suffix('.new')
    log = settings.LOG / 'guest.log'
    work = settings.STATE / 'guest-build'
    proc.run(['bash', str(BUILD), str(work), str(new)], log)
    new.rename(out)
