//! Formula text to tree, by way of `formualizer-parse`. Only this file and `reference` know the types of that crate.
//! `repair` rewrites what Excel writes and the crate refuses; `table` reads references to tables.

use super::ast::Expr;
use super::error::ParseError;
use super::{names, reference, repair};
use execd_calc::semantics::operator::{BinaryOp, UnaryOp};
use execd_calc::values::value::ErrorCode;
use formualizer_parse::{
    ASTNode, ASTNodeType, BinaryOperator, LiteralValue, Parser, ParserLimits, UnaryOperator,
};

/// Height of the tallest tree that `parse` gives. It limits recursion over trees.
pub const MAX_HEIGHT: usize = 1024;

/// How deep parentheses, arguments and prefixes may be nested. Excel allows 64 functions, each of which may hold a
/// parenthesis or an operator.
const MAX_NESTING: usize = 200;

/// Excel allows 8,192 characters as typed. The text in a file is longer by prefixes and long names.
const MAX_BYTES: usize = 65_536;

/// Reads a formula as a workbook stores it, with or without the leading `=`.
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    let text = text.trim();
    let text = text.strip_prefix('=').unwrap_or(text);
    let tree = match tree(text) {
        Ok(tree) => tree,
        Err(error) => match repair::repair(text) {
            Some(repaired) => tree(&repaired)?,
            None => return Err(error),
        },
    };
    expression(tree)
}

fn tree(text: &str) -> Result<ASTNode, ParseError> {
    let limits = ParserLimits::default()
        .with_source_bytes(MAX_BYTES)
        .with_pratt_frames(MAX_NESTING)
        .with_ast_height(MAX_HEIGHT);
    let mut formula = String::with_capacity(text.len() + 1);
    formula.push('=');
    formula.push_str(text);
    Parser::builder().limits(limits).parse(formula).map_err(|error| {
        // Some messages of the crate end with a token in its debug form.
        let message = error.message.split(": TokenSpan").next().unwrap_or_default();
        ParseError::new(format!("not a formula: {message}"))
    })
}

fn expression(node: ASTNode) -> Result<Expr, ParseError> {
    match node.node_type {
        ASTNodeType::Literal(value) => {
            literal(value, node.source_token.as_ref().map_or("", |token| token.value.as_str()))
        }
        ASTNodeType::Omitted => Ok(Expr::Omitted),
        ASTNodeType::Reference { original, reference } => reference::operand(&original, reference),
        ASTNodeType::UnaryOp { op, expr } => unary(op, expression(*expr)?),
        ASTNodeType::BinaryOp { op, left, right } => chain(op, *left, *right),
        ASTNodeType::Function { name, args } => call(&name, expressions(args)?),
        ASTNodeType::Call { callee, args } => invoke(expression(*callee)?, expressions(args)?),
        ASTNodeType::Array(rows) => array(rows),
    }
}

fn expressions(nodes: Vec<ASTNode>) -> Result<Vec<Expr>, ParseError> {
    nodes.into_iter().map(expression).collect()
}

fn literal(value: LiteralValue, text: &str) -> Result<Expr, ParseError> {
    match value {
        LiteralValue::Number(x) if x.is_finite() => Ok(Expr::Number(x)),
        LiteralValue::Int(x) => Ok(Expr::Number(x as f64)),
        LiteralValue::Text(text) => Ok(Expr::Text(text.into())),
        LiteralValue::Boolean(b) => Ok(Expr::Bool(b)),
        // Taken from the text: the crate knows fewer errors than Excel, and a sheet may stand before `#REF!`.
        LiteralValue::Error(_) => text
            .rfind('#')
            .and_then(|at| text.get(at..))
            .and_then(ErrorCode::from_text)
            .map(Expr::Error)
            .ok_or_else(|| ParseError::new(format!("not an error value: {text}"))),
        _ => Err(ParseError::new(format!("not a value: {text}"))),
    }
}

fn unary(op: UnaryOperator, operand: Expr) -> Result<Expr, ParseError> {
    let operand = Box::new(operand);
    match op {
        UnaryOperator::Plus => Ok(Expr::Unary(UnaryOp::Plus, operand)),
        UnaryOperator::Minus => Ok(Expr::Unary(UnaryOp::Minus, operand)),
        UnaryOperator::Percent => Ok(Expr::Unary(UnaryOp::Percent, operand)),
        UnaryOperator::Spill => Ok(Expr::Spill(operand)),
        UnaryOperator::ImplicitIntersection => Ok(Expr::Intersected(operand)),
        other => Err(ParseError::new(format!("unknown operator {other}"))),
    }
}

/// The tree of `a+b+c+…` is as deep on the left as the chain is long, so a loop walks down the left side.
fn chain(op: BinaryOperator, left: ASTNode, right: ASTNode) -> Result<Expr, ParseError> {
    let mut pending = vec![(op, right)];
    let mut first = left;
    while let ASTNodeType::BinaryOp { op, left, right } = first.node_type {
        pending.push((op, *right));
        first = *left;
    }
    let mut result = expression(first)?;
    while let Some((op, right)) = pending.pop() {
        result = binary(op, result, expression(right)?)?;
    }
    Ok(result)
}

fn binary(op: BinaryOperator, left: Expr, right: Expr) -> Result<Expr, ParseError> {
    let op = match op {
        BinaryOperator::Add => BinaryOp::Add,
        BinaryOperator::Subtract => BinaryOp::Sub,
        BinaryOperator::Multiply => BinaryOp::Mul,
        BinaryOperator::Divide => BinaryOp::Div,
        BinaryOperator::Power => BinaryOp::Pow,
        BinaryOperator::Concat => BinaryOp::Concat,
        BinaryOperator::Equal => BinaryOp::Eq,
        BinaryOperator::NotEqual => BinaryOp::Ne,
        BinaryOperator::Less => BinaryOp::Lt,
        BinaryOperator::LessEqual => BinaryOp::Le,
        BinaryOperator::Greater => BinaryOp::Gt,
        BinaryOperator::GreaterEqual => BinaryOp::Ge,
        BinaryOperator::Range | BinaryOperator::Union | BinaryOperator::Intersection => {
            return joined(op, left, right);
        }
        other => return Err(ParseError::new(format!("unknown operator {other}"))),
    };
    Ok(Expr::Binary(op, Box::new(left), Box::new(right)))
}

/// The three operators on references. With `#REF!` on either side they give `#REF!`.
fn joined(op: BinaryOperator, left: Expr, right: Expr) -> Result<Expr, ParseError> {
    if !may_refer(&left) || !may_refer(&right) {
        return Err(ParseError::new(format!("operator \"{op}\" between operands that are not references")));
    }
    let broken = Expr::Error(ErrorCode::Ref);
    if left == broken || right == broken {
        return Ok(broken);
    }
    match op {
        BinaryOperator::Range => Ok(reference::range(left, right)),
        BinaryOperator::Intersection => Ok(Expr::Intersection(Box::new(left), Box::new(right))),
        _ => match left {
            Expr::Union(mut areas) => {
                areas.push(right);
                Ok(Expr::Union(areas))
            }
            left => Ok(Expr::Union(vec![left, right])),
        },
    }
}

fn may_refer(expr: &Expr) -> bool {
    !matches!(
        expr,
        Expr::Number(_)
            | Expr::Text(_)
            | Expr::Bool(_)
            | Expr::Omitted
            | Expr::Array { .. }
            | Expr::Unary(..)
            | Expr::Binary(..)
    )
}

fn call(name: &str, args: Vec<Expr>) -> Result<Expr, ParseError> {
    let name = names::function(name)?;
    match (name.as_str(), <[Expr; 1]>::try_from(args)) {
        ("ANCHORARRAY", Ok([anchor])) => Ok(Expr::Spill(Box::new(anchor))),
        ("SINGLE", Ok([operand])) => Ok(Expr::Intersected(Box::new(operand))),
        (_, Ok([only])) => Ok(Expr::Call { name: name.into(), args: vec![only] }),
        (_, Err(args)) => Ok(Expr::Call { name: name.into(), args }),
    }
}

/// The crate takes `SUM (A1)`, with a space, for a call of a name. It is a plain call of SUM.
fn invoke(callee: Expr, args: Vec<Expr>) -> Result<Expr, ParseError> {
    match callee {
        Expr::Name { scope: None, name } => call(&name, args),
        callee @ (Expr::Call { .. } | Expr::Invoke { .. }) => {
            Ok(Expr::Invoke { callee: Box::new(callee), args })
        }
        _ => Err(ParseError::new("only a function or a name can be called")),
    }
}

fn array(rows: Vec<Vec<ASTNode>>) -> Result<Expr, ParseError> {
    let cols = rows.first().map_or(0, Vec::len);
    if cols == 0 || rows.iter().any(|row| row.len() != cols) {
        return Err(ParseError::new("rows of an array constant must be equally long"));
    }
    let count = rows.len();
    let cells = rows.into_iter().flatten().map(array_cell).collect::<Result<Vec<_>, _>>()?;
    Ok(Expr::Array { rows: count, cols, cells })
}

/// A constant of an array. A sign is part of its number.
fn array_cell(node: ASTNode) -> Result<Expr, ParseError> {
    match expression(node)? {
        cell @ (Expr::Number(_) | Expr::Text(_) | Expr::Bool(_) | Expr::Error(_)) => Ok(cell),
        Expr::Unary(op, operand) => match (op, *operand) {
            (UnaryOp::Minus, Expr::Number(x)) => Ok(Expr::Number(0.0 - x)),
            (UnaryOp::Plus, Expr::Number(x)) => Ok(Expr::Number(x)),
            _ => Err(ParseError::new("only constants may stand in an array constant")),
        },
        _ => Err(ParseError::new("only constants may stand in an array constant")),
    }
}
