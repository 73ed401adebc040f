"""What keeps occasions running: the worker, the engine of its runs, Prefect's server, the rest.

    prefect_server         the clock: hands out each run when it is due
          ↑ polls
    warm_worker            takes it, and runs nothing but our flows
          │
    lean_engine            Prefect's engine on one event loop, without what nobody reads
          ↓
    flows → tasks → utskick.sending

    background_work        beside the runs, and in the web process: reconciles, retires, reports

A flow is found by its name: no module here imports one, as the flows stand above.
"""
