-- Which keys of providers are left alone, and until when: seen by people, and taken up after a restart.

create table nowd.provider_state (
  api         text        not null,
  base_url    text        not null,
  credential  text        not null,
  provider    text        not null,
  state       text        not null,
  since       timestamptz not null,
  until       timestamptz,
  cause       text,
  overloads   integer     not null default 0,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (api, base_url, credential),
  constraint provider_state_known                 check (state in ('closed', 'open', 'half_open', 'paused')),
  constraint provider_state_ends_unless_closed    check ((state = 'closed') = (until is null)),
  constraint provider_state_says_why              check ((state = 'closed') = (cause is null)),
  constraint provider_state_counts_from_zero      check (overloads >= 0)
);
comment on table  nowd.provider_state             is 'One row for each key that a daemon has had to leave alone, written when that changes and never for each call. A key without a row has never been in trouble. Of several daemons the last one to notice a change has written it.';
comment on column nowd.provider_state.api         is 'The dialect: openai-chat and the like.';
comment on column nowd.provider_state.base_url    is 'The server; empty = the vendor''s own.';
comment on column nowd.provider_state.credential  is 'Where the key comes from, never what it is: env NAME, file PATH, credential NAME, or none.';
comment on column nowd.provider_state.provider    is 'A provider of nowd.yaml that calls with it; there may be others.';
comment on column nowd.provider_state.state       is 'closed (calls are made); open (overloaded several times in a row, nobody calls); half_open (one call looks whether it works again); paused (the account has no money).';
comment on column nowd.provider_state.since       is 'Host time of the change.';
comment on column nowd.provider_state.until       is 'Host time: open, half_open: when a call may look, or could; paused: when calls are made again, unless the credential changes or nowd reloads before.';
comment on column nowd.provider_state.cause       is 'Why; null = closed.';
comment on column nowd.provider_state.overloads   is 'How many calls in a row had been answered with overload.';
comment on column nowd.provider_state.recorded_at is 'Database time.';
