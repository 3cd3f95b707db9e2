//! Arrays whose size a record decides: folded, where the size is known, and as plans, where it is not.

use super::book;
use super::records::{Random, assert_none, differences, small_number};
use execd_calc::interface::Constant;

const RECORDS: usize = 300;

/// A1 and B1 are small numbers, C1 a text or a number. `Block` holds 1 to 6 in two rows.
const FORMULAS: [&str; 96] = [
    "SUM(MAP(FILTER(Block!A1:C1,Block!A1:C1>A1),LAMBDA(x,x*2)))",
    "REDUCE(0,FILTER(Block!A1:C1,Block!A1:C1>A1),LAMBDA(a,x,a*10+x))",
    "SUM(SCAN(1,FILTER(Block!A1:C1,Block!A1:C1>A1),LAMBDA(a,x,a*x)))",
    "COLUMNS(SCAN(1,FILTER(Block!A1:C1,Block!A1:C1>A1),LAMBDA(a,x,a*x)))",
    "TEXTJOIN(\",\",TRUE,BYROW(FILTER(Block!A1:C2,Block!A1:A2>A1),LAMBDA(r,SUM(r))))",
    "TEXTJOIN(\",\",TRUE,BYCOL(FILTER(Block!A1:C2,Block!A1:C1>A1),LAMBDA(c,SUM(c))))",
    "TEXTJOIN(\",\",TRUE,MAP(FILTER(Block!A1:C2,Block!A1:C1>A1),LAMBDA(c,c&\"x\")))",
    "ROWS(MAP(FILTER(Block!A1:C2,Block!A1:C1>A1),LAMBDA(c,c)))+10*COLUMNS(MAP(FILTER(Block!A1:C2,Block!A1:C1>A1),LAMBDA(c,c)))",
    "TEXTJOIN(\",\",FALSE,SCAN(\"\",FILTER(Block!A1:C2,Block!A1:C1>A1),LAMBDA(a,c,a&c)))",
    "SUM({1;2;3}*FILTER(Block!A1:C1,Block!A1:C1>A1))",
    "SUM(Block!A1:C2*FILTER(Block!A1:C1,Block!A1:C1>A1))",
    "SUM(POWER({1;2;3},FILTER(Block!A1:C1,Block!A1:C1>A1)))",
    "SUM(IF(A1>0,{1;2;3},{1,2;3,4}))",
    "COUNT(IF(A1>0,{1;2;3},0))",
    "ROWS(IF(A1>0,{1;2;3},0))",
    "SUM(IF(A1>0,{1;2;3},FILTER(Block!A1:C1,Block!A1:C1>A1)))",
    "SUM(IF(FILTER(Block!A1:C1,Block!A1:C1>A1)>1,{1;2;3},5))",
    "SUM(CHOOSE(B1,{1;2;3},FILTER(Block!A1:C1,Block!A1:C1>A1),{7,8}))",
    "COUNT(CHOOSE(B1,{1;2;3},7,{7,8}))",
    "COUNT(IFERROR(FILTER(Block!A1:C1,Block!A1:C1>A1),{1;2}))",
    "SUM(IFERROR({1;2;3}/FILTER(Block!A1:C1,Block!A1:C1>A1),100))",
    "COUNT(SWITCH(B1,1,{1;2;3},2,{1,2},0))",
    "COUNT(IFS(B1=1,{1;2;3},B1=2,{1,2},TRUE,0))",
    "LET(f,FILTER(Block!A1:C1,Block!A1:C1>A1),SUM(f*{1;10})+COUNT(f))",
    "LET(f,FILTER(Block!A1:C1,Block!A1:C1>A1),g,LAMBDA(x,SUM(x,1)),g(f))",
    "SUM(SORT(FILTER(Block!A1:C1,Block!A1:C1>A1),,-1,TRUE)*{100,10,1})",
    "SUMPRODUCT(FILTER(Block!A1:C1,Block!A1:C1>A1)*{1,1,1})",
    "SUM(--(FILTER(Block!A1:C1,Block!A1:C1>A1)=Block!A1:C1))",
    "MAX(ROUND(FILTER(Block!A1:C1,Block!A1:C1>A1)/{3;7},2))",
    "SUM(INDEX(Block!A1:C2,{1;2},FILTER({1,2,3},{1,2,3}>A1)))",
    "SUM(VLOOKUP(FILTER({1;4},{1;4}>A1),Block!A1:C2,{2,3},FALSE))",
    "SUM(SUMIF(Block!A1:C2,FILTER(Block!A1:C1,Block!A1:C1>A1)))",
    "SUM(COUNTIF(Block!A1:C2,\">\"&FILTER({1;2;3},{1;2;3}>A1)))",
    "SUM(SEQUENCE(B1)*{1,2})",
    "SUM(SEQUENCE(B1)*Block!A1:C1)",
    "INDEX(FILTER(Block!A1:C1,Block!A1:C1>A1),1,B1)",
    "FILTER(Block!A1:C1,Block!A1:C1>A1)",
    "FILTER(Block!A1:C1,Block!A1:C1>A1)+{1;2}",
    "@FILTER(Block!A1:C1,Block!A1:C1>A1)",
    "TEXTJOIN(\",\",TRUE,VSTACK(FILTER(Block!A1:C1,Block!A1:C1>A1),{9,9}))",
    "AND(FILTER(Block!A1:C1,Block!A1:C1>A1)>{0;1})",
    "SUM(MMULT(TRANSPOSE(FILTER(Block!A1:C1,Block!A1:C1>A1)),{1,2}))",
    "REDUCE(0,IF(A1>1,{1;2;3},{4,5}),LAMBDA(a,x,a*10+x))",
    "SUM(BYROW(Block!A1:C2,LAMBDA(r,SUM(FILTER(r,r>A1)))))",
    "SUM(BYROW(Block!A1:C2,LAMBDA(r,FILTER(r,r>A1))))",
    "SUM(MAP(Block!A1:C1,LAMBDA(x,SUM(FILTER(Block!A1:C2,Block!A1:C1>x*A1,0)))))",
    "SUM(MAP(FILTER(Block!A1:C1,Block!A1:C1>A1),FILTER(Block!A2:C2,Block!A1:C1>A1),LAMBDA(x,y,x*y)))",
    "SUM(MAP(FILTER(Block!A1:C1,Block!A1:C1>A1,0),Block!A2:C2,LAMBDA(x,y,IFNA(x*y,0))))",
    "REDUCE(A1,TAKE(Block!A1:C1,,B1),LAMBDA(a,x,a+x))",
    "SUM(UNIQUE(MAP(TOCOL(Block!A1:C2),LAMBDA(x,MOD(x,B1)))))",
    "COUNTA(TEXTSPLIT(REPT(\"a,\",B1),\",\"))",
    "REDUCE(\"\",FILTER(Mixed!A1:E2,Mixed!A1:E1<>A1,\"none\"),LAMBDA(a,x,a&x))",
    "SUM(XLOOKUP(FILTER(Block!A1:C1,Block!A1:C1>A1),Block!A1:C1,Block!A2:C2))",
    "SUM((FILTER(Block!A1:C1,Block!A1:C1>A1)>1)*(Block!A1:C1<3)*Block!A2:C2)",
    "SUM(IF({1;0;1},FILTER(Block!A1:C1,Block!A1:C1>A1),100))",
    "SUM(ABS(IF(A1>0,{-1;-2;-3},-1)))",
    "SUM(IF(A1>0,Block!A1:C1,{1;2})*2)",
    "SUM(CHOOSE({1,2},FILTER({1;2;3},{1;2;3}>A1),{5;6;7}))",
    "SUM(IFNA(MATCH(FILTER({1;2;9},{1;2;9}>A1),{1,2,3},0),{10,20}))",
    "SUMPRODUCT(SUMIF(Block!A1:C2,FILTER(Block!A1:C1,Block!A1:C1>A1)),{1,2,3})",
    "REDUCE(0,OFFSET(Block!A1,B1,A1,3,2),LAMBDA(a,x,a*10+x))",
    "SUM(MAP(OFFSET(Block!A1:B2,B1,A1),LAMBDA(x,x+1)))",
    "ROWS(OFFSET(Block!A1,0,0,B1,1))",
    "COUNTBLANK(OFFSET(Block!A1,0,0,B1,A1))",
    "COUNTBLANK(INDIRECT(\"Block!A1:C\"&B1))",
    "SUMPRODUCT(OFFSET(Block!A1,0,0,B1,1),{1;2;3;4})",
    "INDEX(OFFSET(Block!A1,0,0,B1,2),B1,2)",
    "SUM(SCAN(0,INDEX(Block!A1:C2,B1,0),LAMBDA(a,x,a+x)))",
    "SUM(MAP(IF(A1>1,Block!A1:C1,Block!A1:C2),LAMBDA(x,x+1)))",
    "SUM(MAP(SEQUENCE(MIN(B1,4)),LAMBDA(x,x^2)))",
    "REDUCE(A1,SEQUENCE(MIN(B1,4)),LAMBDA(a,k,a*1.5+k))",
    "SUM(MAP(SEQUENCE(ROWS(FILTER({1;2;3},{1;2;3}>A1))),LAMBDA(x,x^2)))",
    "SUM(MAP(SEQUENCE(3,,A1),LAMBDA(x,x^2)))",
    "SUM(BYROW(WRAPROWS(FILTER(Block!A1:C1,Block!A1:C1>A1),2,0),LAMBDA(r,MAX(r))))",
    "SUM(BYROW(VSTACK(FILTER(Block!A1:C1,Block!A1:C1>A1),{9,9}),LAMBDA(r,COUNT(r))))",
    "REDUCE(0,FILTER(Block!A1:C2,Block!A1:C1>A1),LAMBDA(a,x,VSTACK(a,x)))",
    "SUM(REDUCE(0,FILTER(Block!A1:C1,Block!A1:C1>A1),LAMBDA(a,x,VSTACK(a,x))))",
    "TEXTJOIN(\",\",TRUE,REDUCE(0,FILTER(Block!A1:C1,Block!A1:C1>A1),LAMBDA(a,x,IF(x>2,VSTACK(a,x),a))))",
    "SUM(MAP({1;2;3},LAMBDA(x,REDUCE(0,FILTER(Block!A1:C1,Block!A1:C1>x*A1,0),LAMBDA(a,y,a+y)))))",
    "FILTER(Block!A1:C1,Block!A1:C1>A1)-0.1-0.9",
    "SUM(FILTER(Block!A1:C1/10,Block!A1:C1>A1)-{0.1,0.2,0.3})",
    "IF(A1>0,FILTER(Block!A1:C1,Block!A1:C1>A1),\"none\")",
    "IF(SUM(IF(A1>B1,{1,2},{1;2;3}))>3,\"big\",\"small\")",
    "COUNTA(IF(A1>B1,\"\",Block!A1:C2))",
    "ROWS(IF(A1>B1,Block!A1:C2,Block!A1:C1))",
    "COLUMNS(CHOOSE(B1,Block!A1:C2,Block!A1:B1))",
    "MAX(LEN(IF(A1>B1,{\"a\",\"bb\"},{\"ccc\";\"d\";\"e\"})))",
    "SUMPRODUCT(IF(A1>B1,{1,2,3},{1;2;3}),IF(A1>B1,{4,5,6},{7;8;9}))",
    "SUM(TRANSPOSE(FILTER(Block!A1:C1,Block!A1:C1>A1))*{1,2})",
    "LET(f,LAMBDA(x,IF(x>A1,x,{1,2})),SUM(f(B1)))",
    "LAMBDA(x,SUM(x*{1;2}))(FILTER(Block!A1:C1,Block!A1:C1>A1))",
    "SUM(N(IF({1,2},FILTER(Block!A1:B1,Block!A1:B1>A1,0))))",
    "SUM(--ISNUMBER(SEARCH({1;2},FILTER(Block!A1:C1,Block!A1:C1>A1))))",
    "SUM(BYCOL(IF(A1>B1,Block!A1:C2,Block!A1:B1),LAMBDA(c,ROWS(c))))",
    "SUM(XMATCH(FILTER(Block!A1:C1,Block!A1:C1>A1),{3,2,1})*{1;2})",
    "INDEX(SORT(FILTER(Block!A1:C1,Block!A1:C1>A1),1,-1,TRUE),1)",
];

fn record(random: &mut Random) -> Vec<Constant> {
    vec![small_number(random), small_number(random)]
}

#[test]
fn arrays_of_a_record_give_the_same_bits_as_known_ones() {
    let mut random = Random(51);
    let records: Vec<Vec<Constant>> = (0..RECORDS).map(|_| record(&mut random)).collect();
    let mut found = Vec::new();
    for formula in FORMULAS {
        match differences(&[formula.to_owned()], &records, 20) {
            Ok(more) => found.extend(more),
            Err(reason) => found.push(format!("{formula}: {reason}")),
        }
    }
    assert_none(&found);
}

#[test]
fn an_array_without_a_limit_is_refused_where_each_element_has_steps_of_its_own() {
    for formula in [
        "SUM(MAP(SEQUENCE(A1),LAMBDA(x,x*2)))",
        "REDUCE(0,SEQUENCE(A1),LAMBDA(a,x,a+x))",
        "SUM(SCAN(0,TEXTSPLIT(A1,\",\"),LAMBDA(a,x,a+x)))",
        "SUM(BYROW(SEQUENCE(A1,2),LAMBDA(r,SUM(r))))",
        "SUM(MAKEARRAY(A1,2,LAMBDA(r,c,r+c)))",
        "SUM(MAP(OFFSET(Block!A1,0,0,MIN(A1,5),1),LAMBDA(x,x*2)))",
        "SUM(MAP(SEQUENCE(MIN(A1,20000)),LAMBDA(x,x*2)))",
        "IF(A1>0,LAMBDA(x,x+1),LAMBDA(x,x+2))(3)",
    ] {
        let refused = book::compiled(&[Constant::Number(2.0)], &[formula.to_owned()]).unwrap_err();
        assert!(refused.contains("Cases!A2") && refused.contains(formula), "{refused}");
    }
}
