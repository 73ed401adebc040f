"""What keeps occasions running: the worker, its runs, Prefect's server, the background work.

    prefect_server     the clock: hands out each run when it is due
    door, quiet_server   in front of it, and how it starts
          ↑ asks
    __main__ ─ worker  takes it, unless another worker has got it, and ends what is cancelled
          │       ↓
          │    our_flows     knows the flows of this package: nothing else is ever run
          │    flow_runner   Prefect's engine on one event loop, with one client for all runs
          │       ↓
          │    flows → tasks → utskick.sending
          │
          ├─ starting         waits for the database and for Prefect
          ├─ refusals         how it ends, as the other processes do, if it may not start
          └─ background_work  reconciles, retires and reports, here and in the web process

A flow is found by its name: no module here imports one, as the flows stand above. What we use of
Prefect is public, but for what `quiet_server` names.
"""
