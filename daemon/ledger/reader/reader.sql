-- Statements of every reader connection. Written for reader.cpp.

-- name: has_schema
-- Whether this database has the schema nowd.
select exists (
  select
  from pg_namespace n
    join pg_class c on c.relnamespace = n.oid
  where n.nspname = 'nowd' and c.relname = 'run_clocks'
);

-- name: read_groups
-- The groups that this login should act as. A login with more rights than a group gives them up while it reads: code
-- that someone else planted in the schema runs with the rights of the reader.
select r.rolname
from pg_roles r
where r.rolname in ('nowd_reader', 'nowd_operator')
  and pg_has_role(current_user, r.oid, 'MEMBER')
  and (
    (select u.rolsuper from pg_roles u where u.rolname = current_user)
    or exists (
      select from pg_namespace n where n.nspname = 'nowd' and pg_has_role(current_user, n.nspowner, 'MEMBER')
    )
  );
