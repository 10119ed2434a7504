-- Roles of the ledger (docs/ledger.md, "Roles"). Run by `nowctl migrate` before the numbered migrations, unless --no-roles.
-- Roles belong to the whole server: what exists is left as it is.
do $$
begin
  if not exists (select from pg_roles where rolname = 'nowd_owner')    then create role nowd_owner nologin; end if;
  if not exists (select from pg_roles where rolname = 'nowd_daemon')   then create role nowd_daemon nologin; end if;
  if not exists (select from pg_roles where rolname = 'nowd_reader')   then create role nowd_reader nologin; end if;
  if not exists (select from pg_roles where rolname = 'nowd_operator') then create role nowd_operator nologin in role nowd_reader; end if;
  if not exists (select from pg_roles where rolname = 'nowd')          then create role nowd login in role nowd_daemon; end if;
end
$$;
