#include "ledger/reader/reader_roles.hpp"

namespace nowd::pg {
namespace {

constexpr Statement groups_to_become{
    "looking_roles",
    "select r.rolname from pg_roles r where r.rolname in ('nowd_reader', 'nowd_operator')"
    " and pg_has_role(current_user, r.oid, 'MEMBER')"
    " and ((select u.rolsuper from pg_roles u where u.rolname = current_user)"
    " or exists (select from pg_namespace n where n.nspname = 'nowd' and pg_has_role(current_user, n.nspowner, "
    "'MEMBER')))"};

}  // namespace

LookingRoles looking_roles(Transaction& transaction) {
  LookingRoles roles;
  for (const Values& row : transaction.run(groups_to_become).rows) {
    const std::string become = "set local role " + row[0].value() + "; ";
    (row[0] == "nowd_reader" ? roles.reader : roles.operator_) = become;
  }
  return roles;
}

}  // namespace nowd::pg
