import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;

/** Logs in with the URL of its environment, and prints role and database. */
public class Login {
  public static void main(String[] args) throws Exception {
    try (Connection connection = DriverManager.getConnection(System.getenv("KEY"));
        ResultSet row =
            connection.createStatement().executeQuery("select current_user, current_database()")) {
      row.next();
      System.out.println(row.getString(1) + "|" + row.getString(2));
    }
  }
}
