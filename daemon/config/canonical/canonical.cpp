#include "config/canonical/canonical.hpp"

#include "config/actions/sections.hpp"
#include "config/canonical/schedule_text.hpp"
#include "config/table/job_table.hpp"
#include "foundation/random.hpp"

namespace nowd {
namespace {

/// Has rows in a table of its own.
template <class T, class V>
concept Described = requires(V& v, T& section) { describe(v, section); };

/// The key of a member in the form: with its unit, where the member has one.
template <class T>
constexpr std::string_view unit_of = "";
template <>
constexpr std::string_view unit_of<milliseconds> = "_ms";
template <>
constexpr std::string_view unit_of<seconds> = "_s";
template <class T>
constexpr std::string_view unit_of<std::optional<T>> = unit_of<T>;

template <class T, class Codec>
std::string form_key(std::string_view name) {
  return std::string(name) + std::string(std::is_same_v<Codec, codec::Percent> ? "_percent" : unit_of<T>);
}

// Writing

struct FormWriter;
template <class T>
Json form_of(const T& value);

Json form_of(const ExecAction& exec) { return exec.argv; }
Json form_of(const FileAction& file) { return file.path; }
Json form_of(const Zone& zone) { return zone.name(); }
Json form_of(LocalDay day) { return iso_date(day); }
Json form_of(LocalTime slot) { return iso(slot); }
Json form_of(Usd amount) { return to_string(amount); }
Json form_of(Response response) { return word_of(response_words, response); }
Json form_of(const StopRules& rules) {
  Json out = Json::object();
  for (const auto& [stop, action] : rules) out[std::string(to_string(stop))] = to_string(action);
  return out;
}
template <class Rep, class Period>
Json form_of(std::chrono::duration<Rep, Period> value) {
  return value.count();
}
template <class T>
Json form_of(const std::optional<T>& value) {
  return value ? form_of(*value) : Json();
}
template <class T>
Json form_of(const std::vector<T>& values) {
  Json out = Json::array();
  for (const T& value : values) out.push_back(form_of(value));
  return out;
}

/// The visitor that collects the rows of a section.
struct FormWriter {
  struct Row {
    std::string key;
    Kept kept;
    Json value;
  };
  std::vector<Row> rows;

  template <class T, class Codec>
  void key(std::string_view name, const T& value, const Codec&, std::string_view, Kept kept = usually_kept<T>) {
    if (kept != Kept::elsewhere) rows.push_back({form_key<T, Codec>(name), kept, form_of(value)});
  }
  template <class T, class E, std::size_t size>
  void key(std::string_view name, const T& value, const codec::OneOf<E, size>& codec, std::string_view,
           Kept kept = usually_kept<T>) {
    rows.push_back({std::string(name), kept, word_of(codec.words, value)});
  }
  template <class T>
  void kept(std::string_view name, const T& value, Kept kept = usually_kept<T>) {
    key(name, value, codec::ByHand{}, {}, kept);
  }
  template <class T, class Variant>
  void choice(std::string_view name, const Variant& value, const codec::Alternative<T>&, std::string_view) {
    if (const T* held = std::get_if<T>(&value)) rows.push_back({std::string(name), Kept::always, form_of(*held)});
  }
  template <class... Ignored>
  void about(const Ignored&...) {}
  template <class... Ignored>
  void by_hand(const Ignored&...) {}
  template <class... Ignored>
  void unbuilt(const Ignored&...) {}
};

/// The value of a row that is left out where the section has it.
template <class T>
Json usual_value(const std::string& key) {
  static const FormWriter usual = [] {
    FormWriter writer;
    T section{};
    describe(writer, section);
    return writer;
  }();
  const auto found = std::ranges::find(usual.rows, key, &FormWriter::Row::key);
  return found == usual.rows.end() ? Json() : found->value;
}

template <class T>
Json form_of(const T& value) {
  if constexpr (Described<T, FormWriter>) {
    FormWriter writer;
    T section = value;
    describe(writer, section);
    Json out = Json::object();
    for (FormWriter::Row& row : writer.rows)
      if (row.kept != Kept::when_set || row.value != usual_value<T>(row.key)) out[row.key] = std::move(row.value);
    return out;
  } else {
    return Json(value);
  }
}

// Json::object, because compilers differ on whether {{key, value}} is an object or an array of two.
Json kind_form(const Manual&) { return Json::object({{"manual", true}}); }
Json kind_form(const Cron& cron) { return Json::object({{"cron", cron.text()}}); }
Json kind_form(const Every& every) {
  return Json::object({{"every_s", every.period.count()}, {"anchor", rfc3339(every.anchor)}});
}
Json kind_form(const At& at) { return Json::object({{"at", form_of(at.slots)}}); }

// Reading back

/// Thrown inside this file only: the form holds a value that no version of nowd wrote.
struct NotCanonical {
  std::string message;
};

template <class T>
T unwrap(Result<T> result) {
  if (!result) throw NotCanonical{result.error().message};
  return std::move(*result);
}

struct FormReader;
template <class T>
void read_form(const Json& form, T& into);

void read_form(const Json& form, Json& into) { into = form; }
void read_form(const Json& form, ExecAction& into) { into.argv = form.get<std::vector<std::string>>(); }
void read_form(const Json& form, FileAction& into) { into.path = form.get<std::string>(); }
void read_form(const Json& form, Zone& into) { into = unwrap(Zone::find(form.get<std::string>())); }
void read_form(const Json& form, LocalDay& into) { into = unwrap(parse_local_day(form.get<std::string>())); }
void read_form(const Json& form, LocalTime& into) { into = unwrap(parse_local(form.get<std::string>())); }
void read_form(const Json& form, Usd& into) { into = unwrap(parse_usd(form.get<std::string>())); }

template <class T, std::size_t size>
void read_word(const Json& form, std::string_view key, const Words<T, size>& words, T& into) {
  const auto word = form.get<std::string>();
  const auto meaning = meaning_of(words, word);
  if (!meaning) throw NotCanonical{std::string(key) + " has the unknown value '" + word + "'"};
  into = *meaning;
}
void read_form(const Json& form, Response& into) { read_word(form, "expiry", response_words, into); }

void read_form(const Json& form, StopRules& into) {
  for (const auto& [word, value] : form.items()) {
    const auto stop = parse_stop(word);
    const auto action = parse_stop_action(value.get<std::string>());
    if (!stop || !action) throw NotCanonical{"stop has the unknown entry '" + word + "'"};
    into[*stop] = *action;
  }
}
template <class Rep, class Period>
void read_form(const Json& form, std::chrono::duration<Rep, Period>& into) {
  into = std::chrono::duration<Rep, Period>(form.get<Rep>());
}
template <class T>
void read_form(const Json& form, std::optional<T>& into) {
  into.reset();
  if (!form.is_null()) read_form(form, into.emplace());
}
template <class T>
void read_form(const Json& form, std::vector<T>& into) {
  if (!form.is_array()) throw NotCanonical{"there is no list where one belongs"};
  into.clear();
  for (const Json& each : form) read_form(each, into.emplace_back());
}

/// The visitor that reads the rows of a section. A row that the form does not have keeps its default: the form is older
/// than the key.
struct FormReader {
  const Json& form;

  const Json* find(const std::string& key) const {
    const auto found = form.find(key);
    return found == form.end() ? nullptr : &*found;
  }

  template <class T, class Codec>
  void key(std::string_view name, T& into, const Codec& codec, std::string_view, Kept kept = Kept::always) {
    const Json* value = kept == Kept::elsewhere ? nullptr : find(form_key<T, Codec>(name));
    if (value == nullptr) return;
    if constexpr (requires { codec.words[0].second; })
      read_word(*value, name, codec.words, into);
    else if (!value->is_null() || std::is_same_v<T, Json> || kept == Kept::or_null)
      read_form(*value, into);
  }
  template <class T>
  void kept(std::string_view name, T& into, Kept kept = Kept::always) {
    key(name, into, codec::ByHand{}, {}, kept);
  }
  template <class T, class Variant>
  void choice(std::string_view name, Variant& into, const codec::Alternative<T>&, std::string_view) {
    if (const Json* value = find(std::string(name))) read_form(*value, into.template emplace<T>());
  }
  template <class... Ignored>
  void about(const Ignored&...) {}
  template <class... Ignored>
  void by_hand(const Ignored&...) {}
  template <class... Ignored>
  void unbuilt(const Ignored&...) {}
};

template <class T>
void read_form(const Json& form, T& into) {
  if constexpr (Described<T, FormReader>) {
    if (!form.is_object()) throw NotCanonical{"there is no object where one belongs"};
    FormReader reader{form};
    describe(reader, into);
  } else {
    into = form.get<T>();
  }
}

void read_kind(const FormReader& reader, Schedule& schedule) {
  if (const Json* cron = reader.find("cron")) {
    schedule.kind = unwrap(Cron::parse(cron->get<std::string>()));
  } else if (const Json* period = reader.find("every_s")) {
    Every every{seconds(period->get<std::int64_t>()), Instant{}};
    if (every.period < seconds{1}) throw NotCanonical{"every_s is less than one second"};
    if (const Json* anchor = reader.find("anchor")) every.anchor = unwrap(parse_rfc3339(anchor->get<std::string>()));
    schedule.kind = every;
  } else if (const Json* slots = reader.find("at")) {
    At at;
    read_form(*slots, at.slots);
    if (at.slots.empty()) throw NotCanonical{"at is empty"};
    schedule.kind = std::move(at);
  }
}

Job job_of_form(const Json& form) {
  Job job;
  job.params = Json::object();
  read_form(form, job);
  if (!is_job_name(job.name)) throw NotCanonical{"it has no job name"};
  if (job.command && (job.command->argv.empty() || job.command->argv.front().empty()))
    throw NotCanonical{"command names no program"};
  if (const Json* schedule = FormReader{form}.find("schedule")) read_kind(FormReader{*schedule}, job.schedule);
  job.schedule.text = schedule_text(job.schedule);
  if (job.after && std::holds_alternative<Manual>(job.schedule.kind)) job.schedule.text = "after " + *job.after;
  return job;
}

Error missing(const Job& job, const std::string& thing, const std::string& name) {
  return invalid("job '" + job.name + "': its last good revision uses " + thing + " '" + name +
                 "', which nowd.yaml no longer has; bring it back, or mend the job's file");
}

}  // namespace

Json to_canonical(const Schedule& schedule) {
  Json out = std::visit([](const auto& kind) { return kind_form(kind); }, schedule.kind);
  out.update(form_of(schedule));
  return out;
}

Json to_canonical(const Job& job) {
  Json out = form_of(job);
  out["schedule"] = to_canonical(job.schedule);
  return out;
}

void set_canonical(Job& job) {
  job.canonical = dump_json(to_canonical(job));
  job.revision = sha256_hex(job.canonical);
  job.schedule_revision = sha256_hex(dump_json(to_canonical(job.schedule)));
}

/// The text given stays the canonical form, so the revision is the one that the ledger knows, even where a newer nowd
/// would write more keys.
Result<Job> job_from_canonical(const std::string& canonical, const Config* config) {
  const auto json = parse_json(canonical);
  if (!json) return invalid("the ledger's form of a job is " + json.error().message);
  if (!json->is_object()) return invalid("the ledger's form of a job is not a JSON object");
  try {
    Job job = job_of_form(*json);
    if (config != nullptr && !job.command && !config->providers.contains(job.provider))
      return missing(job, "provider", job.provider);
    for (const Fallback& each : job.fallbacks)
      if (config != nullptr && !config->providers.contains(each.provider))
        return missing(job, "provider", each.provider);
    for (const ToolUse& use : job.tools)
      if (config != nullptr && use.name != clock_tool_name && !config->tools.contains(use.name))
        return missing(job, "tool", use.name);
    for (const std::string& sink : job.deliver)
      if (config != nullptr && !config->sinks.contains(sink)) return missing(job, "sink", sink);
    job.canonical = dump_json(*json);  // a database may have given the same value in other bytes
    job.revision = sha256_hex(job.canonical);
    job.schedule_revision = sha256_hex(dump_json(json->contains("schedule") ? (*json)["schedule"] : Json::object()));
    job.source = "ledger";
    return job;
  } catch (const NotCanonical& e) {
    return invalid("the ledger's form of a job cannot be read: " + e.message);
  } catch (const Json::exception& e) {
    return invalid(std::string("the ledger's form of a job cannot be read: ") + e.what());
  }
}

}  // namespace nowd
