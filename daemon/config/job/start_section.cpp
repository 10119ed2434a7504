#include "config/job/start_section.hpp"

#include "config/actions/action_section.hpp"

namespace nowd {

std::optional<When> read_when(const Field& field) {
  if (!field.present()) return std::nullopt;
  const ActionUse use{.by = ActionUse::By::input};
  When when;
  if (field.is(Node::Kind::sequence) || field.is(Node::Kind::scalar)) {  // of one text, read_exec says what is wrong
    auto exec = read_exec(field, use);
    if (!exec) return std::nullopt;
    when.action = std::move(*exec);
    return when;
  }
  const Mapping map(field, Section::when);
  const auto kind = map.only_one({"exec", "sql"}, "a command or a query says whether there is anything to do");
  if (kind == "exec") assign(when.action, read_exec(map["exec"], use));
  if (kind == "sql") assign(when.action, read_sql(map["sql"], use));
  assign(when.timeout, map["timeout"].duration(milliseconds{1}, max_call));
  return kind ? std::optional(std::move(when)) : std::nullopt;
}

std::optional<JobName> read_after(const Field& field, const JobName& own_name) {
  auto name = field.filled_text();
  if (!name) return std::nullopt;
  if (!is_job_name(*name))
    field.error(in_quotes(*name) + " is not a job name; write the name of the job that this one follows");
  else if (*name == own_name)
    field.error("names the job itself; write the name of the job that this one follows");
  else
    return name;
  return std::nullopt;
}

}  // namespace nowd
