"""The engine: an occasion, from its claim to its close, and whatever keeps that true.

    occasion_story
          ↓
    claim_occasion ─ prepare_occasion ─ check_again ─ send_forms ──────────── close_occasion
          │            check_forms         │            ├ form_sender            │
          │            check_recipients    │            │   send_transactions    │
          │                     shared_template_lists   │   call_form_service    │
          │                     shared_questions        ├ settle                 │
          │                                             └ send_inbox_messages    │
          └──────────────────────── heartbeat ────────────────────────────────────┘

`occasion_story` goes through the stages and names the end. `run_occasion` is one attempt, which
knows what each stage does, and `shared` what all runs of a process have in common: the sender,
the heartbeat, the `call_slots` of the form service with its circuit breaker, and the questions
that are asked for all. `accounts` remembers what 1177's inbox says of persons, and `inbox_places`
is the one queue of all that it is asked and given; `message_gate` keeps messages back while it
answers nothing, or nothing clear. `retry` waits for an unwell neighbour.
`reconcile` mends what the dead have left; `occasion_plans`, `retire_deployments` and
`report_dead_runs` keep the scheduler in step; `report_errors` keeps and sends the mails.
`watched_neighbours` lets all calls go through `platform_watch`, which notices what the service
platform refuses. `engine` binds it all to the neighbours.

Below the verbs of `utskick.use_cases`, which start, stop and look at what runs here.
"""
