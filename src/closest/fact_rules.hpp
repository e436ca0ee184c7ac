// What in a model's code shows a fact: names of modules, fields read, calls and pieces of text, as a table.
#pragma once

#include "closest/structure.hpp"

namespace portwright::closest {

// What a structure is told from.
struct Material {
  const ModuleTree& tree;
  const std::vector<UsedFunction>& code;
  const Keys& keys;  // as written
};

// Adds each fact that a rule shows, with the place.
void tell_by_rules(const Material& material, Structure& structure);

// The same where more than one name has to be seen together.
void tell_norms(source::SourceFiles& files, const Material& material, Structure& structure);
void tell_projections(const Material& material, Structure& structure);
void tell_rotation(source::SourceFiles& files, const Material& material, const source::Definition& config,
                   Structure& structure);
void tell_activation(source::SourceFiles& files, const Material& material, const source::Definition& config,
                     Structure& structure);

// A reference names the weights that may be tied beside its class.
void tell_tying(source::SourceFiles& files, const source::Definition& root, Structure& structure);

// What follows from other facts (a cache from what has to be kept), and what is read but then says nothing.
void tell_what_follows(const Material& material, Structure& structure);

}  // namespace portwright::closest
