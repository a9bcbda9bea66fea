use super::*;

fn pairs(texts: &[&str], shares_host: bool) -> Vec<(u16, u16)> {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    wanted(&texts, shares_host).into_iter().map(|pair| (pair.local, pair.remote)).collect()
}

#[test]
fn a_port_leads_to_itself_where_the_job_is_on_this_machine() {
    assert_eq!(pairs(&["2222:22", "80:80"], false), [(2222, 22), (80, 80)]);
    assert_eq!(pairs(&["2222:22", "80:80"], true), [(2222, 22)]);
    assert_eq!(pairs(&["22", "a:b", "1:70000"], false), []);
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let local = listener.local_addr().unwrap().port();
    let refused = check(&[Pair { local, remote: 1 }]).await;
    assert!(matches!(refused, Err(EngineError::PortTaken { port, .. }) if port == local), "{refused:?}");
    drop(listener);
    check(&[Pair { local, remote: 1 }]).await.unwrap();
}
