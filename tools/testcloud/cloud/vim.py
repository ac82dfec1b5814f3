"""Register the cloud itself as Tacker's default VIM, once.

Run with the Python of the virtual environment.  The VIM works with plain
member rights in the project "demo".
"""
import os

import openstack

NAME = 'testcloud'


def main() -> None:
    """Register the VIM unless it is there."""
    session = openstack.connect().session
    url = f"http://{os.environ['NHAM_TESTCLOUD_HOST_IP']}:9890/v1.0/vims"
    there = session.get(url).json()['vims']
    if any(vim['name'] == NAME for vim in there):
        return
    session.post(url, json={'vim': {
        'name': NAME,
        'description': 'the test cloud, project demo',
        'type': 'openstack',
        'auth_url': os.environ['NHAM_TESTCLOUD_AUTH_URL'],
        'auth_cred': {
            'username': 'demo',
            'password': os.environ['NHAM_TESTCLOUD_PASSWORD'],
            'user_domain_name': 'Default',
            'cert_verify': 'False'},
        'vim_project': {'name': 'demo', 'project_domain_name': 'Default'},
        'is_default': True,
    }})


if __name__ == '__main__':
    main()
