#include "golden.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "providers/registry.hpp"
#include "support/places.hpp"

namespace nowd::test {

namespace fs = std::filesystem;

fs::path provider_data(const std::string& below) { return test_data("providers") / below; }

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> golden_inputs(const std::string& below) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(provider_data(below)))
    if (!entry.path().filename().string().ends_with(".reply.json")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

bool matches_golden(const fs::path& file, const Json& actual) {
  const std::string text = actual.dump(2, ' ', false, Json::error_handler_t::strict) + "\n";
  if (std::getenv("NOWD_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << text;
  const std::string expected = fs::exists(file) ? read_file(file) : "";
  if (text == expected) return true;
  std::cerr << file.filename().string() << ": expected\n" << expected << "got\n" << text;
  return false;
}

Json to_json(const ModelReply& reply) {
  Json out = {{"stop", std::string(to_string(reply.stop))},
              {"stop_raw", reply.stop_raw},
              {"detail", reply.detail},
              {"text", reply.text},
              {"model_served", reply.model_served},
              {"request_id", reply.request_id},
              {"calls", Json::array()},
              {"usage", nullptr}};
  for (const ProposedCall& call : reply.calls)
    out["calls"].push_back({{"id", call.id}, {"tool", call.tool}, {"arguments", call.arguments}});
  if (reply.usage)
    out["usage"] = {{"input", reply.usage->input},
                    {"cached", reply.usage->cached},
                    {"output", reply.usage->output},
                    {"reasoning", reply.usage->reasoning}};
  if (reply.usage && reply.usage->cache_write != 0) out["usage"]["cache_write"] = reply.usage->cache_write;
  if (reply.usage_so_far)
    out["usage_so_far"] = {{"input", reply.usage_so_far->input}, {"output", reply.usage_so_far->output}};
  if (reply.carried) out["carried"] = {{"api", reply.carried->api}, {"value", reply.carried->value}};
  return out;
}

const std::vector<TestedApi>& tested_apis() {
  static const std::vector<TestedApi> apis{{"openai-chat", "[DONE]"},
                                           {"openai-responses", "response.completed"},
                                           {"anthropic", "message_stop"},
                                           {"gemini", "finishReason"}};
  return apis;
}

std::unique_ptr<Dialect> dialect_of(const std::string& api, ProviderConfig config) {
  config.api = api;
  return std::move(make_dialect(config)->dialect);
}

std::unique_ptr<Decoder> decoder_of(const std::string& api, const ModelRequest& request) {
  static std::map<std::string, std::unique_ptr<Dialect>> dialects;
  std::unique_ptr<Dialect>& dialect = dialects[api];
  if (!dialect) dialect = dialect_of(api);
  return dialect->decoder(request);
}

std::string sse(const std::string& data) { return "data: " + data + "\n\n"; }

ModelRequest conversation() {
  ModelRequest request;
  request.model = "gpt-5.2";
  request.system = "You summarise.\n\nThe newest clock block is the only source for dates and times.";
  const std::string block =
      "<clock seq=\"1\" run=\"1234\" job=\"standup\">\nas_of: 2026-06-01T09:00:00+02:00\n</clock>";
  const std::string line = "<clock seq=\"2\" now=\"2026-06-01T09:02:11+02:00\" elapsed=\"2m07s\" remaining=\"7m53s\"/>";
  request.messages = {
      {Message::Role::user, "Summarise the notes — all of them.\n\n" + block, {}, {}, {}},
      {Message::Role::assistant,
       "",
       {{"call_a1", "crm.note", "{\"text\":\"Ärger\"}"}, {"call_a2", "clock", "{}"}},
       {},
       {}},
      {Message::Role::tool, "noted", {}, "call_a1", "crm.note"},
      {Message::Role::tool, "{\"today\":\"2026-06-01\"}\n" + line, {}, "call_a2", "clock"},
      {Message::Role::assistant, "Noted; now the rest.", {{"call_a3", "gone.tool", "{}"}}, {}, {}},
      {Message::Role::tool, "no such tool", {}, "call_a3", "gone.tool"},
  };
  const Json schema = *parse_json(R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"]})");
  request.tools = {
      {"crm.note", "Adds a note.", schema}, {"crm_note", "", Json()}, {"clock", "Date arithmetic.", Json::object()}};
  request.max_output_tokens = 2000;
  request.params = *parse_json(R"({"temperature":0,"seed":7})");
  return request;
}

}  // namespace nowd::test
