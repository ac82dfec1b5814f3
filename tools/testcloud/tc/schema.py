"""Databases and their schemas, each made once."""
import concurrent.futures
import os
import pathlib

from tc import config, proc, settings

MARKS = settings.DATA / 'schema'
Step = tuple[str, list[str]]


def _databases() -> None:
    mark = MARKS / 'databases'
    if mark.exists():
        return
    proc.run(['mariadb', '--no-defaults', '-uroot', '-S',
              f'{settings.RUN}/mysql.sock'],
             settings.LOG / 'schema-databases.log',
             stdin=config.render('schema.sql'))
    mark.touch()


def _manage(name: str, *args: str, configs: tuple[str, ...] = ()
            ) -> list[str]:
    argv = [f'{settings.BIN}/{name}']
    for path in configs:
        argv += ['--config-file', f'{settings.ETC}/{path}']
    return [*argv, *args]


def _keystone() -> list[Step]:
    conf = ('keystone/keystone.conf',)
    owner = ('--keystone-user', 'root', '--keystone-group', 'root')
    url = settings.AUTH_URL
    tool = 'keystone-manage'
    return [
        ('keystone', _manage(tool, 'db_sync', configs=conf)),
        ('keystone-fernet', _manage(tool, 'fernet_setup', *owner,
                                    configs=conf)),
        ('keystone-credential', _manage(tool, 'credential_setup', *owner,
                                        configs=conf)),
        ('keystone-bootstrap', _manage(
            tool, 'bootstrap', '--bootstrap-password', settings.password(),
            '--bootstrap-admin-url', url, '--bootstrap-internal-url', url,
            '--bootstrap-public-url', url, '--bootstrap-region-id',
            'RegionOne', configs=conf)),
    ]


def _nova() -> list[Step]:
    conf = ('nova/nova.conf',)
    tool = 'nova-manage'
    return [
        ('nova-api', _manage(tool, 'api_db', 'sync', configs=conf)),
        ('nova-cell0', _manage(
            tool, 'cell_v2', 'map_cell0', '--database_connection',
            settings.db_url('nova_cell0'), configs=conf)),
        ('nova-cell1', _manage(tool, 'cell_v2', 'create_cell',
                               '--name=cell1', configs=conf)),
        ('nova', _manage(tool, 'db', 'sync', configs=conf)),
    ]


def _others() -> list[Step]:
    neutron = ('neutron/neutron.conf', 'neutron/ml2_conf.ini')
    return [
        ('placement', _manage('placement-manage', 'db', 'sync',
                              configs=('placement/placement.conf',))),
        ('glance', _manage('glance-manage', 'db_sync',
                           configs=('glance/glance-api.conf',))),
        ('neutron', _manage('neutron-db-manage', 'upgrade', 'heads',
                            configs=neutron)),
        ('cinder', _manage('cinder-manage', 'db', 'sync',
                           configs=('cinder/cinder.conf',))),
        ('heat', _manage('heat-manage', 'db_sync',
                         configs=('heat/heat.conf',))),
        ('tacker', _manage('tacker-db-manage', 'upgrade', 'head',
                           configs=('tacker/tacker.conf',))),
    ]


def _run_step(step: Step) -> None:
    name, argv = step
    mark: pathlib.Path = MARKS / name
    if mark.exists():
        return
    env = settings.base_env() | {
        'OS_PLACEMENT_CONFIG_DIR': f'{settings.ETC}/placement'}
    log = settings.LOG / f'schema-{name}.log'
    done = proc.run(argv, log, env=env, check=False)
    # create_cell answers 2 if an interrupted run made the cell already.
    if done.returncode not in ((0, 2) if name == 'nova-cell1' else (0,)):
        raise settings.Failure(f'schema step {name} failed', log)
    mark.touch()


def _run_chain(steps: list[Step]) -> None:
    for step in steps:
        _run_step(step)


def up() -> None:
    """Make all schemas, in two chains to use two processors."""
    MARKS.mkdir(parents=True, exist_ok=True)
    _databases()
    chains = [[*_keystone(), *_nova()], _others()]
    workers = min(2, os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for result in [pool.submit(_run_chain, chain) for chain in chains]:
            result.result()
