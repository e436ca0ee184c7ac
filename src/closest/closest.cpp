#include "closest/closest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "closest/ports.hpp"

namespace portwright::closest {
namespace {

struct Named {
  std::string name;
  std::string file;
  Source source;
  std::size_t users = 0;  // other ports that rest on it
};

// Each thread has trees of its own, and takes the next file when it is done with one.
std::vector<std::optional<Structure>> structures_of(const std::vector<Named>& all,
                                                    const std::filesystem::path& models) {
  std::vector<std::optional<Structure>> found(all.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    source::SourceFiles files(models);
    for (std::size_t i = next++; i < all.size(); i = next++) {
      if (auto structure = structure_of(files, all[i].source)) found[i] = std::move(*structure);
    }
  };
  std::vector<std::thread> threads;
  const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
  for (unsigned i = 1; i < cores; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return found;
}

std::vector<Named> ports_to_rank(const Ports& ports, Answer& answer) {
  if (const auto target = ports.remapping.find(answer.model_type); target != ports.remapping.end()) {
    answer.remapped_to = target->second;
  }
  std::vector<Named> named;
  for (const Port& port : ports.all) {
    const std::string file = "models/" + port.name + ".py";
    if (port.name == answer.model_type) {
      answer.own_port = file;
    } else if (port.imports.contains(answer.model_type)) {
      answer.left_out.push_back(file);
    } else {
      named.push_back({port.name, file, {port.file, "Model", {}, "ModelArgs"}, 0});
    }
  }
  for (Named& one : named) {
    one.users = static_cast<std::size_t>(std::ranges::count_if(ports.all, [&](const Port& port) {
      return port.imports.contains(one.name) && port.name != answer.model_type &&
             !port.imports.contains(answer.model_type);
    }));
    one.users += static_cast<std::size_t>(std::ranges::count_if(ports.remapping, [&](const auto& remapped) {
      return remapped.second == one.name && remapped.first != answer.model_type;
    }));
  }
  return named;
}

std::vector<Named> references_to_rank(const Catalogue& catalogue, const Reference& asked) {
  std::vector<Named> named;
  for (const auto& [type, reference] : catalogue.types) {
    if (reference.folder == asked.folder) continue;
    named.push_back({type, fmt::format("models/{}", reference.folder.filename().string()), reference.source, 0});
  }
  return named;
}

std::vector<Candidate> rank(const Structure& reference, const std::vector<Named>& named,
                            std::vector<std::optional<Structure>> structures, Answer& answer) {
  std::vector<Structure> told;
  for (const auto& one : structures) {
    if (one) told.push_back(*one);
  }
  const Rarity rarity(told);
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (!structures[i] || !structures[i]->has_layers) {
      answer.unread.push_back(named[i].name);
      continue;
    }
    const Similarity alike = similarity(reference, *structures[i], rarity);
    candidates.push_back(
        {named[i].name, named[i].file, std::move(*structures[i]), alike, score(alike, named[i].users)});
  }
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.name < b.name;
  });
  return candidates;
}

Keys unknown_to_all(Keys mine, const std::vector<Candidate>& candidates, Keys Structure::* which) {
  for (const Candidate& candidate : candidates) {
    for (const auto& [name, ignored] : candidate.structure.*which) mine.erase(name);
  }
  return mine;
}

struct Read {
  Reference reference;
  Structure structure;
};

// The model itself, or the language model that it wraps.
Result<Read> read_language_model(const Catalogue& catalogue, const Reference& asked) {
  source::SourceFiles files({});
  auto structure = structure_of(files, asked.source);
  if (structure && structure->has_layers) return Read{asked, std::move(*structure)};
  if (!structure) return tl::unexpected<Error>(structure.error());
  const std::string type = language_model_of(catalogue, asked);
  for (const auto* types : {&catalogue.types, &catalogue.parts}) {
    const auto found = types->find(type);
    if (found == types->end()) continue;
    auto wrapped = structure_of(files, found->second.source);
    if (wrapped && wrapped->has_layers) return Read{found->second, std::move(*wrapped)};
  }
  return fail(Fault::input,
              fmt::format("no decoder layers were found below {} in {}", asked.source.root,
                          asked.source.file.filename().string()),
              "a model that wraps another has its language model's type in config.json: text_config.model_type");
}

}  // namespace

Result<Answer> closest_to(const Settings& settings) {
  const auto catalogue = read_catalogue(settings.transformers);
  if (!catalogue) return tl::unexpected<Error>(catalogue.error());
  const auto reference = reference_of(*catalogue, settings.model_type);
  if (!reference) return tl::unexpected<Error>(reference.error());
  const auto read = read_language_model(*catalogue, *reference);
  if (!read) return tl::unexpected<Error>(read.error());

  Answer answer;
  answer.model_type = settings.model_type;
  answer.among_references = settings.among_references;
  if (read->reference.model_type != settings.model_type) answer.language_model = read->reference.model_type;
  answer.reference = fmt::format("models/{}/{}", read->reference.folder.filename().string(),
                                 read->reference.source.file.filename().string());
  answer.parents = modular_parents(read->reference);
  answer.structure = read->structure;
  std::vector<Named> named;
  if (settings.among_references) {
    named = references_to_rank(*catalogue, read->reference);
  } else {
    const auto ports = read_ports(settings.mlx_lm);
    if (!ports) return tl::unexpected<Error>(ports.error());
    named = ports_to_rank(*ports, answer);
  }
  const std::filesystem::path beside = settings.among_references ? std::filesystem::path{} : settings.mlx_lm / "models";
  std::vector<Candidate> candidates = rank(answer.structure, named, structures_of(named, beside), answer);
  answer.compared = candidates.size();
  answer.new_keys = unknown_to_all(answer.structure.keys, candidates, &Structure::keys);
  answer.new_parameters = unknown_to_all(answer.structure.parameters, candidates, &Structure::parameters);
  for (std::size_t i = 0; i < std::min(settings.top, candidates.size()); ++i) {
    answer.ranked.push_back({candidates[i], compare(answer.structure, candidates[i], candidates)});
  }
  return answer;
}

}  // namespace portwright::closest
