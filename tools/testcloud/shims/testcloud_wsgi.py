"""WSGI entry for gunicorn.

Some OpenStack WSGI modules parse sys.argv when they are imported, so they
must not see gunicorn's own arguments.
"""
import importlib
import os
import shlex
import sys

_NAME = os.environ['TESTCLOUD_WSGI_MODULE']
sys.argv = [_NAME, *shlex.split(os.environ.get('TESTCLOUD_WSGI_ARGS', ''))]
application = importlib.import_module(_NAME).application
