// cover/slots.hpp - slots with the models that go into them, pairs of models that do not go together, and the
// configurations that a covering array makes of them.
#pragma once

#include "cover/covering.hpp"

#include <ptm/heap/edit.hpp>

#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cover {

// slot - Put<Model> is the edit that puts a model in.
template <template <class> class Put, class... Models>
struct slot {
    static constexpr unsigned size = sizeof...(Models);

    template <unsigned I>
    using model = std::tuple_element_t<I, std::tuple<Models...>>;
    template <unsigned I>
    using edit = Put<model<I>>;

    // index_of - of a model.
    template <class Model>
    static constexpr unsigned index_of() {
        unsigned i = 0, found = size;
        ((std::is_same_v<Model, Models> ? static_cast<void>(found = i) : static_cast<void>(0), ++i), ...);
        return found < size ? found : throw "cover: the slot has no such model";
    }
};

// value - a model that is one: a set of checks, numbers, rules.
template <auto V>
struct value {
    static constexpr auto is = V;
};

// forbidden - two models that must not meet. What proves it: see pairs.cpp.
template <class SlotA, class A, class SlotB, class B>
struct forbidden {
    using slot_a = SlotA;
    using slot_b = SlotB;
    using model_a = A;
    using model_b = B;
};

// each_forbidden - A in slot SlotA with each of these in slot SlotB.
template <class SlotA, class A, class SlotB, class... Bs>
using each_forbidden = std::tuple<forbidden<SlotA, A, SlotB, Bs>...>;

template <class... Tuples>
using joined = decltype(std::tuple_cat(std::declval<Tuples>()...));

// An array of compositions is a struct with three names:
//
//   struct arenas {
//       using base = ...;       // a complete configuration
//       using slots = std::tuple<headers, main_backends, ...>;
//       using apart = ...;      // a std::tuple of forbidden<...>
//   };

namespace detail {

template <class Slot, class... Slots>
constexpr std::size_t place_of(std::type_identity<std::tuple<Slots...>>) {
    std::size_t i = 0, found = sizeof...(Slots);
    ((std::is_same_v<Slot, Slots> ? static_cast<void>(found = i) : static_cast<void>(0), ++i), ...);
    return found < sizeof...(Slots) ? found : throw "cover: the array has no such slot";
}

template <class F, class Slots, class Design>
constexpr void forbid(Design& d, Slots all) {
    unsigned a = d.begin[place_of<typename F::slot_a>(all)] + F::slot_a::template index_of<typename F::model_a>();
    unsigned b = d.begin[place_of<typename F::slot_b>(all)] + F::slot_b::template index_of<typename F::model_b>();
    d.forbid(a, b);
}

template <class... Slots, class... F>
constexpr auto plan_of(std::type_identity<std::tuple<Slots...>> all, std::type_identity<std::tuple<F...>>) {
    design<sizeof...(Slots)> d(std::array<unsigned, sizeof...(Slots)>{Slots::size...});
    (forbid<F>(d, all), ...);
    return d;
}

} // namespace detail

template <class Array>
inline constexpr auto plan =
    detail::plan_of(std::type_identity<typename Array::slots>{}, std::type_identity<typename Array::apart>{});

// rows_of - the compositions of an array: rows_of<Array>::is. The build makes them with make_rows.cpp; see
// compositions.hpp.
template <class Array>
struct rows_of;
template <class Array>
inline constexpr auto rows = rows_of<Array>::is;

namespace detail {

template <class Array, std::size_t Row, class... Slots, std::size_t... S>
auto put_together(std::type_identity<std::tuple<Slots...>>, std::index_sequence<S...>)
    -> ptm::edit<typename Array::base, typename Slots::template edit<rows<Array>.rows[Row][S]>...>;

template <class Array>
using slot_numbers = std::make_index_sequence<std::tuple_size_v<typename Array::slots>>;

} // namespace detail

// composition - a row of an array.
template <class Array, std::size_t Row>
struct composition : decltype(detail::put_together<Array, Row>(std::type_identity<typename Array::slots>{},
                                                               detail::slot_numbers<Array>{})) {};

namespace detail {
template <class Array, std::size_t Shard, std::size_t Shards, std::size_t... I>
auto take_every(std::index_sequence<I...>) -> std::tuple<composition<Array, Shard + I * Shards>...>;
}

// shard - of an array that is split into `Shards`: one row of so many, from row `Shard` on.
template <class Array, std::size_t Shard, std::size_t Shards>
using shard = decltype(detail::take_every<Array, Shard, Shards>(
    std::make_index_sequence<(rows<Array>.count + Shards - 1 - Shard) / Shards>{}));

// model_name - as the compiler has it.
template <class Model>
std::string model_name() {
    std::string name = __PRETTY_FUNCTION__; // ... [with Model = X; ...] or ... [Model = X]
    std::size_t from = name.find("Model = ") + 8;
    return name.substr(from, name.find_first_of(";]", from) - from);
}

namespace detail {
template <class Array, std::size_t Row, class... Slots, std::size_t... S>
std::string models_of(std::type_identity<std::tuple<Slots...>>, std::index_sequence<S...>) {
    return (... + (model_name<typename Slots::template model<rows<Array>.rows[Row][S]>>() + "\n"));
}
}

// name_of - the models of a composition, a line for each slot; of any other configuration its own name.
template <class C>
struct name_of {
    static std::string get() { return model_name<C>(); }
};
template <class Array, std::size_t Row>
struct name_of<composition<Array, Row>> {
    static std::string get() {
        return detail::models_of<Array, Row>(std::type_identity<typename Array::slots>{},
                                             detail::slot_numbers<Array>{});
    }
};

} // namespace cover
