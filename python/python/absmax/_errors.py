"""The exceptions of absmax."""


class NotFiniteError(ValueError):
    """A scale was to be computed from values of which one is NaN or infinite.

    `index` counts the values of the array in C order, `coordinates` has an index for each axis, and `value` is the value.
    """

    def __init__(self, message, index, coordinates, value):
        super().__init__(message)
        self.index = index
        self.coordinates = coordinates
        self.value = value

    def __reduce__(self):
        return type(self), (self.args[0], self.index, self.coordinates, self.value)
