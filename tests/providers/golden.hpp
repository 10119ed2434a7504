// Golden files: what went in stands beside what came out, under tests/data/providers.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "domain/job/config.hpp"
#include "domain/model/messages.hpp"
#include "providers/wire/dialect.hpp"

namespace nowd::test {

std::filesystem::path provider_data(const std::string& below);
std::string read_file(const std::filesystem::path& file);
/// Files of a directory but for the expected results, sorted.
std::vector<std::filesystem::path> golden_inputs(const std::string& below);

/// Whether `actual` is what the file says; if not, a readable difference is put into the test's messages.
/// With NOWD_UPDATE_GOLDEN set the file is written instead: read the diff before you commit it.
bool matches_golden(const std::filesystem::path& file, const Json& actual);

Json to_json(const ModelReply& reply);

/// The APIs, with what a stream that ended well must hold.
struct TestedApi {
  std::string api;
  std::string terminal;
  std::string folder() const { return api + "/decode"; }
};
const std::vector<TestedApi>& tested_apis();
std::unique_ptr<Dialect> dialect_of(const std::string& api, ProviderConfig config = {});
std::unique_ptr<Decoder> decoder_of(const std::string& api, const ModelRequest& request = {});
/// One event of a stream.
std::string sse(const std::string& data);

/// A request with everything in it: system, clock block, an earlier call and its result, tools with dots, limits.
ModelRequest conversation();

}  // namespace nowd::test
