-- Command-line agents: what they do is not visible, so a crash while one is under way must be told from one while a
-- model thinks.
alter table nowd.inference add column opaque boolean not null default false;

comment on column nowd.inference.opaque   is 'A command-line agent that may have effects of its own: after a crash it is not run again.';
comment on column nowd.inference.provider is 'Name of the provider in nowd.yaml; script is a script, not a model; command is a command-line agent.';
comment on column nowd.inference.model    is 'The model asked for; of a command, the program''s file name.';
