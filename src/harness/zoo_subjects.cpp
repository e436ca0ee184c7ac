#include "harness/zoo_subjects.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "base/files.hpp"

namespace portwright::harness {
namespace {

using probe::Side;

constexpr std::chrono::minutes patience{2};

Result<Json> types_of(probe::Workers& workers, Side side) {
  const auto answer = workers.ask(side, Json{{"do", "model_types"}}, patience);
  if (!answer) return tl::unexpected<Error>(answer.error().error);
  return answer->ok.value("types", Json::object());
}

bool matches(const std::string& glob, const std::string& type) { return fnmatch(glob.c_str(), type.c_str(), 0) == 0; }

// The text of a field, which has to be there and to say something.
Result<std::string> text_at(const Json& entry, const char* field) {
  const auto found = entry.find(field);
  if (found == entry.end() || !found->is_string() || found->get_ref<const std::string&>().empty()) {
    return fail(Fault::input, "a port needs \"" + std::string(field) + "\", a text", "");
  }
  return found->get<std::string>();
}

Result<ZooSubject> subject_from(const Json& entry, const std::filesystem::path& folder) {
  if (!entry.is_object()) return fail(Fault::input, "a port is an object", "");
  static const std::set<std::string> fields{"id", "model", "port"};
  for (const auto& [field, value] : entry.items()) {
    if (!fields.contains(field)) return fail(Fault::input, "a port has no field \"" + field + "\"", "");
  }
  auto id = text_at(entry, "id");
  if (!id) return tl::unexpected<Error>(std::move(id.error()));
  // It names a folder.
  if (id->front() == '.' || id->find('/') != std::string::npos) {
    return fail(Fault::input, "\"" + *id + "\" is no id: it begins with a dot or holds a slash", "");
  }
  auto model = text_at(entry, "model");
  if (!model) return tl::unexpected<Error>(std::move(model.error()));
  ZooSubject subject{std::move(*id), std::move(*model), {}, "installed"};
  if (!entry.contains("port")) return subject;
  const auto port = text_at(entry, "port");
  if (!port) return tl::unexpected<Error>(port.error());
  subject.port_file = folder / *port;
  subject.port = subject.port_file.filename().string();
  std::error_code error;
  if (!std::filesystem::is_regular_file(subject.port_file, error)) {
    return fail(Fault::input, "there is no port " + subject.port_file.string(), "");
  }
  return subject;
}

}  // namespace

Result<std::vector<ZooSubject>> shared_subjects(probe::Workers& workers, const std::vector<std::string>& globs) {
  for (const Side side : {Side::reference, Side::port}) {
    if (const Status started = workers.start(side); !started) return tl::unexpected<Error>(started.error());
  }
  const auto reference = types_of(workers, Side::reference);
  if (!reference) return tl::unexpected<Error>(reference.error());
  const auto port = types_of(workers, Side::port);
  if (!port) return tl::unexpected<Error>(port.error());

  std::map<std::string, std::string> shared;
  for (const auto& [type, module] : port->items()) {
    if (reference->contains(type)) shared[type] = module.get<std::string>();
  }
  for (const std::string& glob : globs) {
    if (std::none_of(shared.begin(), shared.end(), [&](const auto& entry) { return matches(glob, entry.first); })) {
      return fail(Fault::input, "no model type that both libraries have matches \"" + glob + "\"",
                  "portwright zoo without --types runs all " + std::to_string(shared.size()));
    }
  }
  std::erase_if(shared, [&](const auto& entry) {
    return !globs.empty() && std::none_of(globs.begin(), globs.end(),
                                          [&](const std::string& glob) { return matches(glob, entry.first); });
  });
  std::vector<ZooSubject> subjects;
  subjects.reserve(shared.size());
  for (const auto& [type, module] : shared) subjects.push_back({type, "synthetic:" + type, {}, module});
  return subjects;
}

Result<std::vector<ZooSubject>> listed_subjects(const std::filesystem::path& table) {
  const auto json = read_json(table);
  if (!json) return tl::unexpected<Error>(json.error());
  const auto refuse = [&](const std::string& mistake) {
    return fail(Fault::input, table.string() + ": " + mistake,
                R"(a table of ports is {"ports": [{"id": "mine", "model": "synthetic:llama", "port": "llama.py"}]})");
  };
  if (!json->is_object() || json->size() != 1 || !json->contains("ports") || !json->at("ports").is_array()) {
    return refuse("it is not an object with the list \"ports\" alone");
  }
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(table, error).parent_path();
  std::map<std::string, ZooSubject> subjects;
  for (const Json& entry : json->at("ports")) {
    auto subject = subject_from(entry, folder);
    if (!subject) return refuse(subject.error().sentence);
    const std::string id = subject->id;
    if (!subjects.emplace(id, std::move(*subject)).second) return refuse("the id \"" + id + "\" is there twice");
  }
  if (subjects.empty()) return refuse("it lists no port");
  std::vector<ZooSubject> result;
  result.reserve(subjects.size());
  for (auto& [id, subject] : subjects) result.push_back(std::move(subject));
  return result;
}

}  // namespace portwright::harness
