//! What the compiler asks a function's row besides its arguments, so that no code asks for a function by name.

/// How large an array result can be, from the sizes of the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Unknown,
    /// No larger than the argument at this position.
    Argument(usize),
    /// No larger than the first argument, or than the third where nothing passes the filter.
    Filtered,
    /// The first argument with rows and columns exchanged.
    Transposed,
    /// All cells of the first argument in one column.
    Column,
    /// All cells of the first argument in one row.
    Row,
    /// All cells of the first argument in rows of any length.
    Wrapped,
    /// The arguments one below the other.
    Below,
    /// The arguments side by side.
    Beside,
    /// A row of the first argument for each cell of the others.
    ChosenRows,
    /// A column of the first argument for each cell of the others.
    ChosenColumns,
    /// The first argument says how many rows, the second how many columns (1 if it is missing).
    Counted,
    /// The last two arguments are height and width, of any sign.
    HeightAndWidth,
    /// The rows of the first argument and the columns of the second.
    Product,
}

/// What limits the number that a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// It is no larger than any argument.
    Least,
    /// It is the number of rows of the first argument.
    Rows,
    /// It is the number of columns of the first argument.
    Columns,
}

/// The chain of small steps that can stand for a call over many single values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    Sum,
    Mean,
    Min,
    Max,
    /// How many numbers.
    Count,
    /// How many cells that are not blank.
    CountAll,
    SumOfProducts,
    And,
    Or,
    /// Over the cells that meet a criterion, which may stand in another range.
    CountIf,
    SumIf,
    MeanIf,
    /// The same with several criteria; the values come first.
    CountIfs,
    SumIfs,
    MeanIfs,
    MinIfs,
    MaxIfs,
    /// The position of the first equal value.
    Match,
    PresentValue,
}

impl Chain {
    /// The argument of which only those cells are needed that conditions choose.
    pub fn chosen(self) -> Option<usize> {
        match self {
            Chain::SumIf | Chain::MeanIf => Some(2),
            Chain::SumIfs | Chain::MeanIfs | Chain::MinIfs | Chain::MaxIfs => Some(0),
            _ => None,
        }
    }
}

/// Which cells beyond those in use change the result, where an argument is an expression over whole columns or rows.
/// All of them hold the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Those that hold a number or an error.
    Numbers,
    /// The same without 0: they are added.
    Added,
    /// Those that hold a number, but no error: they are counted.
    Counted,
    /// All of them, whatever they hold.
    All,
    /// Those that hold TRUE or a number other than 0: nobody looks for anything else among the results of conditions.
    Sought,
    /// Those that hold a number or an error, of which one stands for all.
    One,
    /// The same for numbers, booleans and errors.
    OneTruth,
}
