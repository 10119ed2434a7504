#include "domain/run/machine/spending.hpp"

#include <algorithm>

namespace nowd {

std::optional<std::string> Spending::refuse_model_call(const RunPlan& plan, const Planned& next) const {
  const Limits& limits = plan.job.limits;
  const int earlier = earlier_attempts_.model_calls;
  if (!has_model_calls_left(limits))
    return "limits.model_calls: all " + std::to_string(limits.model_calls) + " are used" +
           (earlier > 0 ? ", " + std::to_string(earlier) + " of them by earlier attempts," : "") +
           " and the model is not done";
  if (plan.job.command) return std::nullopt;
  return exhausted(limits, charged_, next, reservation(plan.prices, next));
}

int Spending::begin_model_call(const RunPlan& plan, const Planned& planned) {
  planned_ = planned;
  reserved_ = plan.job.command ? std::nullopt : reservation(plan.prices, planned);
  return ++model_calls_;
}

void Spending::charge_answer(const RunPlan& plan, AnswerFact& fact) {
  const auto& usage = fact.reply.usage;
  if (usage) {
    reported_usage_.input += usage->input;
    reported_usage_.output += usage->output;
  }
  if (plan.job.command) return;
  const bool billed = fact.times.sent && fact.http_status < 400 && !fact.reply.no_answer;
  fact.usage_estimated = !usage && billed && (plan.prices || fact.http_status != 0);
  const bool cut = fact.reply.stop == Stop::stream_cut || fact.reply.stop == Stop::provider_error;
  const std::int64_t written = about_tokens(fact.reply.text);
  const Usage so_far = fact.reply.usage_so_far.value_or(Usage{});
  if (usage || billed) {
    charged_.input += usage ? usage->input : std::max(planned_.input, so_far.input);
    charged_.output +=
        usage ? usage->output : std::max(so_far.output, cut ? planned_.output.value_or(written) : written);
  }
  if (!plan.prices) return;
  const Usd estimated = std::max(reserved_.value_or(Usd{}), cost_of(*plan.prices, so_far));
  fact.cost = usage ? cost_of(*plan.prices, *usage) : fact.usage_estimated ? estimated : Usd{};
  charged_.usd += fact.cost.value_or(Usd{});
}

std::optional<Usd> Spending::charge_reported(const RunPlan& plan, const Usage& reported) {
  if (!plan.prices) return std::nullopt;
  const Usd cost = cost_of(*plan.prices, reported);
  if (cost <= reserved_.value_or(Usd{})) return std::nullopt;
  charged_.usd += cost;
  return cost;
}

bool Spending::begin_tool_call(const Limits& limits) {
  if (earlier_attempts_.tool_calls + tool_calls_ >= limits.tool_calls) return false;
  ++tool_calls_;
  return true;
}

}  // namespace nowd
