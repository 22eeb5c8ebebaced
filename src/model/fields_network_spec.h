// deep of kind fields: a network for every field, and layers that join what they give.
#pragma once

#include <vector>

namespace gulo {

struct FieldSpec;  // model/spec.h: it holds a network's spec of any kind

struct FieldsNetworkSpec {
  std::vector<FieldSpec> fields;
  int field_width = 32;    // features that each field's network gives: its n_labels
  int hidden_width = 128;  // of the layer that joins them
  int n_labels = 0;
};

}  // namespace gulo
