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
};

// Each thread has trees of its own, and takes the next file when it is done with one.
std::vector<std::optional<Structure>> structures_of(const std::vector<Named>& all, const std::filesystem::path& models) {
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
      named.push_back({port.name, file, {port.file, "Model", {}, "ModelArgs"}});
    }
  }
  return named;
}

std::vector<Named> references_to_rank(const Catalogue& catalogue, const Reference& asked) {
  std::vector<Named> named;
  for (const auto& [type, reference] : catalogue.types) {
    if (reference.folder == asked.folder) continue;
    named.push_back({type, fmt::format("models/{}", reference.folder.filename().string()), reference.source});
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
    candidates.push_back({named[i].name, named[i].file, std::move(*structures[i]), alike});
  }
  std::ranges::stable_sort(candidates, std::ranges::greater(),
                           [](const Candidate& one) { return one.similarity.score(); });
  return candidates;
}

Keys unknown_to_all(Keys mine, const std::vector<Candidate>& candidates, Keys Structure::* which) {
  for (const Candidate& candidate : candidates) {
    for (const auto& [name, ignored] : candidate.structure.*which) mine.erase(name);
  }
  return mine;
}

}  // namespace

Result<Answer> closest_to(const Settings& settings) {
  const auto catalogue = read_catalogue(settings.transformers);
  if (!catalogue) return tl::unexpected<Error>(catalogue.error());
  const auto reference = reference_of(*catalogue, settings.model_type);
  if (!reference) return tl::unexpected<Error>(reference.error());
  source::SourceFiles files({});
  auto structure = structure_of(files, reference->source);
  if (!structure) return tl::unexpected<Error>(structure.error());
  if (!structure->has_layers) {
    return fail(Fault::input,
                fmt::format("no decoder layers were found below {} in {}", reference->source.root,
                            reference->source.file.filename().string()),
                "a model that wraps another takes its language model by type: ask for the model_type of its text_config");
  }

  Answer answer;
  answer.model_type = settings.model_type;
  answer.among_references = settings.among_references;
  answer.reference = fmt::format("models/{}/{}", reference->folder.filename().string(),
                                 reference->source.file.filename().string());
  answer.parents = modular_parents(*reference);
  std::vector<Named> named;
  if (settings.among_references) {
    named = references_to_rank(*catalogue, *reference);
  } else {
    const auto ports = read_ports(settings.mlx_lm);
    if (!ports) return tl::unexpected<Error>(ports.error());
    named = ports_to_rank(*ports, answer);
  }
  const std::filesystem::path beside = settings.among_references ? std::filesystem::path{} : settings.mlx_lm / "models";
  std::vector<Candidate> candidates = rank(*structure, named, structures_of(named, beside), answer);
  answer.compared = candidates.size();
  answer.new_keys = unknown_to_all(structure->keys, candidates, &Structure::keys);
  answer.new_parameters = unknown_to_all(structure->parameters, candidates, &Structure::parameters);
  for (std::size_t i = 0; i < std::min(settings.top, candidates.size()); ++i) {
    answer.ranked.push_back({candidates[i], compare(*structure, candidates[i], candidates)});
  }
  answer.structure = std::move(*structure);
  return answer;
}

}  // namespace portwright::closest
