// What one question for the next occurrence costs. Not a test: figures depend on the host. Build with Release.
#include <chrono>
#include <cstdio>

#include "domain/schedule/schedule.hpp"

using namespace nowd;

namespace {

struct Case {
  const char* expression;
  const char* zone;
};

constexpr Case cases[] = {{"0 9 * * mon-fri", "Europe/Berlin"},
                          {"*/15 * * * *", "America/New_York"},
                          {"30 2 * * *", "Europe/Berlin"},
                          {"0 0 1 * *", "Asia/Kathmandu"},
                          {"*/10 * * * * *", "UTC"},
                          {"0 9 LW * *", "America/Sao_Paulo"},
                          {"0 9 15W * mon#2", "Australia/Lord_Howe"},
                          {"0 0 29 2 *", "Europe/Berlin"}};

/// From one occurrence to the next, over and over: what a scheduler does.
double nanoseconds_per_call(const Schedule& schedule, const int calls) {
  const Instant start = *parse_rfc3339("2026-01-01T00:00:00Z");
  Instant at = start;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) {
    const auto next = next_occurrence(schedule, at);
    at = next ? next->at : start;
  }
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
  return spent.count() / calls;
}

}  // namespace

int main() {
  for (const Case& question : cases) {
    Schedule schedule;
    schedule.kind = *Cron::parse(question.expression);
    schedule.zone = *Zone::find(question.zone);
    nanoseconds_per_call(schedule, 10'000);  // warm
    std::printf("%-20s %-20s %7.0f ns\n", question.expression, question.zone, nanoseconds_per_call(schedule, 200'000));
  }
}
