// Loading texts in tests: what is said about them, and a configuration for jobs to refer to.
#pragma once

#include <string>
#include <vector>

#include "config/load.hpp"

namespace nowd::test {

/// "2026-06-01T00:00:00Z": after the European change of spring 2026, before that of autumn.
Instant early_june();

/// Two providers (default: primary), the tools crm.get (read; id, since) and mail (irreversible; any argument).
const Config& sample_config();

/// One job with a prompt and the given schedule.
std::string job_with_schedule(const std::string& schedule);
/// A complete job (name, schedule, prompt) and further lines.
std::string job_with(const std::string& lines);

/// Loads against sample_config() at early_june().
LoadedJobs load(const std::string& text);

/// Every diagnostic as str(), without the file's name: "3:7: message".
std::vector<std::string> said(const std::vector<Diagnostic>& diagnostics);
std::vector<std::string> said_of_job(const std::string& text);
std::vector<std::string> said_of_config(const std::string& text);

/// Whether one of the messages holds all the parts.
bool says(const std::vector<std::string>& messages, const std::vector<std::string>& parts);

}  // namespace nowd::test
