"""The test cloud: a real OpenStack with Tacker on one machine.

Only the standard library is used here, because these modules run before
the virtual environment with the OpenStack packages exists.
"""
